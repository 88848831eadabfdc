"""English for years 7 to 9."""

from __future__ import annotations

from edukit.ops.seed.subjects.content import ConceptContent, SubjectContent, TopicContent

GRAMMAR = TopicContent(
    "Grammar",
    (
        ConceptContent(
            "Nouns, verbs and adjectives",
            facts=("In 'the quiet river bends', 'bends' is a verb.", "An adjective describes a noun."),
            myths=("'Quickly' is an adjective.", "Every noun names something you can touch.", "'Happiness' is a verb."),
            prompts=("Write a sentence with two adjectives and underline the nouns.",),
        ),
        ConceptContent(
            "Subject-verb agreement",
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
    (
        ConceptContent(
            "Commas",
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
            facts=("'The girls' coats' belong to several girls.", "'It's' is short for 'it is' or 'it has'."),
            myths=("Plurals need an apostrophe.", "'Its' always has an apostrophe.", "'Childrens'' is correct."),
            prompts=("Explain the difference between 'its' and 'it's'.",),
        ),
        ConceptContent(
            "Punctuating direct speech",
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
    (
        ConceptContent(
            "Inference from a text",
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
            facts=("'As brave as a lion' is a simile.", "'The road was a ribbon of light' is a metaphor."),
            myths=("Every comparison is a metaphor.", "A simile never uses 'like'.", "'He runs fast' is a simile."),
            prompts=("Turn 'the sea was rough' into a metaphor.",),
        ),
        ConceptContent(
            "Character and motive",
            facts=("Dialogue can reveal a character.", "A motive is a reason for acting."),
            myths=("The narrator is always the author.", "Minor characters never matter.", "A motive is a place."),
            prompts=("Describe a character's motive with one quotation.",),
        ),
        ConceptContent(
            "Structure of a story",
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
    (
        ConceptContent(
            "Paragraphs and cohesion",
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
            facts=("A rhetorical question expects no answer.", "A counter-argument can strengthen a case."),
            myths=("Persuasion needs no evidence.", "Opinions are facts.", "Repetition is always a mistake."),
            prompts=("Persuade your head teacher to change one rule.",),
        ),
        ConceptContent(
            "Comparing two texts",
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

ENGLISH = SubjectContent("ENG", "English", (GRAMMAR, PUNCTUATION, READING, WRITING))
