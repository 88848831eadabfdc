"""Biology for years 7 to 9."""

from __future__ import annotations

from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Syllabus, TopicContent

CELLS = TopicContent(
    "Cells",
    "What living things are made of.",
    Syllabus(hours=16, exam_weight=0.3),
    (
        ConceptContent(
            "Plant and animal cells",
            "The parts of a cell, and how plants' cells differ from ours.",
            facts=("Plant cells have a cell wall.", "The nucleus holds genetic information."),
            myths=(
                "Animal cells have chloroplasts.",
                "Only animal cells have a nucleus.",
                "A cell wall is made of protein.",
            ),
            prompts=("Draw and label an animal cell.",),
        ),
        ConceptContent(
            "Using a microscope",
            "How to prepare a slide, focus it and know the magnification.",
            facts=("A 10x eyepiece and a 40x lens magnify 400 times.", "You focus first with the lowest power."),
            myths=("Stain makes cells larger.", "The stage holds the eyepiece.", "Higher power shows a wider field."),
            prompts=("How do you prepare a slide of onion skin?",),
        ),
        ConceptContent(
            "Diffusion and osmosis",
            "How substances move in and out of cells by themselves.",
            facts=(
                "Diffusion goes from high to low concentration.",
                "Osmosis is the movement of water through a membrane.",
            ),
            myths=("Diffusion needs energy from the cell.", "Osmosis moves sugar.", "Diffusion stops all movement."),
            prompts=("Why does a raisin swell in water?",),
        ),
        ConceptContent(
            "From cells to organ systems",
            "How cells make up tissues, organs and systems.",
            facts=("A tissue is a group of similar cells.", "The heart is an organ."),
            myths=("An organ is a single cell.", "Blood is an organ system.", "Tissues are made of organs."),
            prompts=("Name an organ system and the organs in it.",),
        ),
    ),
)

BODY = TopicContent(
    "The human body",
    "How digestion, breathing and blood keep us alive.",
    Syllabus(hours=18, exam_weight=0.3, needs=("BIO-1",)),
    (
        ConceptContent(
            "Digestion and enzymes",
            "How food is broken down until the blood can take it up.",
            facts=("Amylase breaks down starch.", "Most nutrients are absorbed in the small intestine."),
            myths=("The stomach absorbs all food.", "Enzymes are used up at once.", "Bile is made in the stomach."),
            prompts=("Follow a piece of bread through the digestive system.",),
        ),
        ConceptContent(
            "Breathing and gas exchange",
            "How oxygen gets into the blood and carbon dioxide out of it.",
            facts=("Gas exchange happens in the alveoli.", "The diaphragm moves down as we breathe in."),
            myths=("We breathe out no oxygen.", "Lungs have muscles that pull air in.", "Alveoli have thick walls."),
            prompts=("How are alveoli fitted to their task?",),
        ),
        ConceptContent(
            "Heart and circulation",
            "The heart's chambers, and the way of the blood.",
            facts=("Arteries carry blood away from the heart.", "The heart has four chambers."),
            myths=(
                "Veins carry blood away from the heart.",
                "Blood in veins is blue.",
                "The left ventricle pumps to the lungs.",
            ),
            prompts=("Why is the left ventricle's wall thicker?",),
        ),
        ConceptContent(
            "Respiration",
            "How every cell gets its energy, with oxygen and without.",
            facts=("Respiration happens in every living cell.", "Anaerobic respiration in muscles makes lactic acid."),
            myths=("Respiration is the same as breathing.", "Plants do not respire.", "Respiration makes oxygen."),
            prompts=("Compare aerobic and anaerobic respiration.",),
        ),
    ),
)

ECOLOGY = TopicContent(
    "Plants and ecosystems",
    "How plants make food, and how living things depend on each other.",
    Syllabus(hours=14, exam_weight=0.2, needs=("BIO-1",)),
    (
        ConceptContent(
            "Photosynthesis",
            "How plants make their food from light, water and carbon dioxide.",
            facts=("Photosynthesis takes in carbon dioxide.", "Chlorophyll absorbs light."),
            myths=("Plants take their food from the soil.", "Photosynthesis happens at night.", "Roots make glucose."),
            prompts=("How would you show that a leaf has made starch?",),
        ),
        ConceptContent(
            "Food chains and webs",
            "Who eats whom, and where the energy goes.",
            facts=("Producers stand at the start of a food chain.", "Arrows show the flow of energy."),
            myths=("Arrows point at the prey.", "A top predator has most energy.", "Decomposers are producers."),
            prompts=("What happens to a web when one species disappears?",),
        ),
        ConceptContent(
            "Adaptation and competition",
            "How living things fit their surroundings, and what they compete for.",
            facts=("Adaptations help an organism to survive.", "Plants compete for light."),
            myths=(
                "Animals choose their adaptations.",
                "Only animals compete.",
                "Cacti have large leaves to save water.",
            ),
            prompts=("How is a polar animal adapted to the cold?",),
        ),
    ),
)

GENETICS = TopicContent(
    "Inheritance",
    "Why living things resemble their parents, and why not quite.",
    Syllabus(
        hours=14,
        exam_weight=0.2,
        needs=(
            "BIO-1",
            "BIO-3",
        ),
        unlock_xp=150,
    ),
    (
        ConceptContent(
            "Variation",
            "How individuals differ, and how much of it is inherited.",
            facts=("Height varies continuously.", "Blood group varies in distinct classes."),
            myths=(
                "All variation is inherited.",
                "Identical twins never differ.",
                "Environment has no effect on height.",
            ),
            prompts=("Give a trait that depends on genes and environment.",),
        ),
        ConceptContent(
            "DNA and genes",
            "Where the plan of a living thing is kept, and how it is ordered.",
            facts=("A gene is a section of DNA.", "Chromosomes are in the nucleus."),
            myths=("Each cell has different genes.", "Genes are larger than chromosomes.", "Plants have no DNA."),
            prompts=("Put in order of size: gene, cell, chromosome, nucleus.",),
        ),
        ConceptContent(
            "Natural selection",
            "How the fitter ones of a population become the many.",
            facts=("Variation is needed for natural selection.", "Selection acts over generations."),
            myths=("Individuals evolve in their lifetime.", "The strongest always survive.", "Selection has a goal."),
            prompts=("Explain how a population becomes resistant to a poison.",),
        ),
    ),
)

BIOLOGY = SubjectContent(
    "BIO", "Biology", "Cells, bodies and ecosystems for years 7 to 9.", (CELLS, BODY, ECOLOGY, GENETICS)
)
