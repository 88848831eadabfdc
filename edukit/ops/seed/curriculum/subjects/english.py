"""English for years 7 to 9."""

from __future__ import annotations

from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Syllabus, TopicContent

GRAMMAR = TopicContent(
    "Grammar",
    "The parts of a sentence and the rules that hold them together.",
    Syllabus(hours=20, exam_weight=0.3),
    (
        ConceptContent(
            "Nouns, verbs and adjectives",
            "What the words of a sentence do in it.",
            facts=("In 'the quiet river bends', 'bends' is a verb.", "An adjective describes a noun."),
            myths=("'Quickly' is an adjective.", "Every noun names something you can touch.", "'Happiness' is a verb."),
            prompts=("Write a sentence with two adjectives and underline the nouns.",),
        ),
        ConceptContent(
            "Subject-verb agreement",
            "How a verb follows its subject in number.",
            facts=("'The box of pencils is on the desk' is correct.", "'Neither of them was late' is correct."),
            myths=(
                "'The dogs barks' is correct.",
                "'Everyone have gone home' is correct.",
                "'She don't know' is standard English.",
            ),
            prompts=("Correct and explain: 'The list of books are long.'",),
        ),
        ConceptContent(
            "Tenses",
            "How verbs tell when something happens.",
            facts=(
                "'She had left before we came' is past perfect.",
                "'I have lived here for years' is present perfect.",
            ),
            myths=(
                "'I was walk' is past continuous.",
                "'He has went' is correct.",
                "The future tense of 'go' is 'goed'.",
            ),
            prompts=("Rewrite 'The rain falls and we run' in the past.",),
        ),
        ConceptContent(
            "Main and subordinate clauses",
            "Which part of a sentence can stand alone, and how the others join it.",
            facts=("A main clause can stand alone as a sentence.", "'Because it rained' is a subordinate clause."),
            myths=(
                "A clause has no verb.",
                "A subordinate clause always comes first.",
                "'Although tired' can stand alone.",
            ),
            prompts=("Join two sentences with 'although'.",),
        ),
        ConceptContent(
            "Active and passive voice",
            "Who acts, who is acted on, and when not to say who.",
            facts=("'The window was broken' is passive.", "The passive can leave out who acted."),
            myths=(
                "'The cat chased the mouse' is passive.",
                "The passive is always wrong.",
                "Passive sentences have no verb.",
            ),
            prompts=("When would a report use the passive?",),
        ),
    ),
)

PUNCTUATION = TopicContent(
    "Punctuation",
    "The marks that guide a reader.",
    Syllabus(hours=10, exam_weight=0.2, needs=("ENG-1",)),
    (
        ConceptContent(
            "Commas",
            "Where a comma helps the reader, and where it is wrong.",
            facts=("A comma may follow an opening subordinate clause.", "Commas separate the items of a list."),
            myths=(
                "A comma joins two sentences by itself.",
                "A comma stands before every 'and'.",
                "Commas mark possession.",
            ),
            prompts=("Add commas: 'After lunch we packed sandwiches fruit and water.'",),
        ),
        ConceptContent(
            "Apostrophes",
            "Letters left out, and what belongs to whom.",
            facts=("'The girls' coats' belong to several girls.", "'It's' is short for 'it is' or 'it has'."),
            myths=("Plurals need an apostrophe.", "'Its' always has an apostrophe.", "'Childrens'' is correct."),
            prompts=("Explain the difference between 'its' and 'it's'.",),
        ),
        ConceptContent(
            "Punctuating direct speech",
            "How to write down what somebody says.",
            facts=("Direct speech stands in quotation marks.", "A new speaker starts a new line."),
            myths=(
                "Reported speech needs quotation marks.",
                "The full stop follows the closing mark in 'Go!'.",
                "A comma never stands before speech.",
            ),
            prompts=("Write three lines of talk between two friends.",),
        ),
    ),
)

READING = TopicContent(
    "Reading",
    "Understanding what a text says, suggests and does.",
    Syllabus(hours=18, exam_weight=0.25, needs=("ENG-1",)),
    (
        ConceptContent(
            "Inference from a text",
            "What a text lets us conclude without saying it.",
            facts=("An inference rests on evidence in the text.", "Slammed doors can suggest anger."),
            myths=(
                "An inference is always stated outright.",
                "An inference needs no evidence.",
                "Inference means copying a line.",
            ),
            prompts=("What does a packed suitcase by the door suggest?",),
        ),
        ConceptContent(
            "Simile and metaphor",
            "Two ways to compare, and what they make a reader see.",
            facts=("'As brave as a lion' is a simile.", "'The road was a ribbon of light' is a metaphor."),
            myths=("Every comparison is a metaphor.", "A simile never uses 'like'.", "'He runs fast' is a simile."),
            prompts=("Turn 'the sea was rough' into a metaphor.",),
        ),
        ConceptContent(
            "Character and motive",
            "How a text shows what somebody is like and wants.",
            facts=("Dialogue can reveal a character.", "A motive is a reason for acting."),
            myths=("The narrator is always the author.", "Minor characters never matter.", "A motive is a place."),
            prompts=("Describe a character's motive with one quotation.",),
        ),
        ConceptContent(
            "Structure of a story",
            "The order in which a story is told, and what that order does.",
            facts=("A climax is the point of greatest tension.", "A flashback breaks the order of time."),
            myths=(
                "Every story is told in order.",
                "The climax opens a story.",
                "A resolution introduces the conflict.",
            ),
            prompts=("How does the opening of a story you know create tension?",),
        ),
    ),
)

WRITING = TopicContent(
    "Writing",
    "Texts that hold together and reach their reader.",
    Syllabus(
        hours=16,
        exam_weight=0.25,
        needs=(
            "ENG-2",
            "ENG-3",
        ),
        unlock_xp=100,
    ),
    (
        ConceptContent(
            "Paragraphs and cohesion",
            "How sentences become a paragraph, and paragraphs a text.",
            facts=("A topic sentence states a paragraph's main idea.", "'However' signals a contrast."),
            myths=(
                "A paragraph has five sentences.",
                "'Therefore' signals a contrast.",
                "A new idea continues the paragraph.",
            ),
            prompts=("Write a paragraph on your journey to school with a topic sentence.",),
        ),
        ConceptContent(
            "Persuasive writing",
            "How to win a reader for a point of view.",
            facts=("A rhetorical question expects no answer.", "A counter-argument can strengthen a case."),
            myths=("Persuasion needs no evidence.", "Opinions are facts.", "Repetition is always a mistake."),
            prompts=("Persuade your head teacher to change one rule.",),
        ),
        ConceptContent(
            "Comparing two texts",
            "How to write about what two texts share and where they differ.",
            facts=("A comparison names likenesses and differences.", "'Whereas' introduces a difference."),
            myths=(
                "A comparison retells both texts.",
                "'Similarly' introduces a difference.",
                "Quotations weaken a comparison.",
            ),
            prompts=("Compare how two poems present winter.",),
        ),
    ),
)

ENGLISH = SubjectContent(
    "ENG", "English", "Grammar, reading and writing for years 7 to 9.", (GRAMMAR, PUNCTUATION, READING, WRITING)
)
