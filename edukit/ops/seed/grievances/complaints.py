"""What the demo's students complain of, and what becomes of it, in the words of both."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Complaint:
    """What a student wrote, what was said about it meanwhile, how it was resolved, and why it came up again."""

    severity: str
    description: str
    comment: str
    resolution: str
    reopened: str

    def about(self, title: str, score: int) -> Complaint:
        """The same about one piece of work."""
        words = {
            name: getattr(self, name).format(title=title, score=score)
            for name in ("description", "comment", "resolution", "reopened")
        }
        return replace(self, **words)


COMPLAINTS: dict[str, tuple[Complaint, ...]] = {
    "grade": (
        Complaint(
            "low",
            "I got {score} for '{title}', but the points on the sheet add up to more. Could somebody check?",
            "Added the points again together with the student; one task was not counted.",
            "The points were added up wrongly. The mark has been raised and the student told.",
            "The new mark does not show in my list yet.",
        ),
        Complaint(
            "medium",
            "My work '{title}' was marked as late. I handed it in on Sunday evening and have the confirmation.",
            "Asked for the confirmation and compared the times.",
            "It was in on time. The deduction has been taken back.",
            "The deduction has been taken back only in part.",
        ),
        Complaint(
            "high",
            "I was marked down in three pieces of work in a row for the same thing, and nobody told me what was wrong.",
            "Looked at all three with the teacher. The remarks are there, but cannot be understood.",
            "One of the three was marked again by a second teacher; the other two stand, with an explanation.",
            "I have still not been given the explanation.",
        ),
        Complaint(
            "critical",
            "My final mark has been changed after it was announced. My place at the next school depends on it.",
            "The change is in the records; it was made for the wrong student.",
            "The original mark has been put back, and the school has written to the next school.",
            "The next school says it has had no letter.",
        ),
    ),
    "feedback": (
        Complaint(
            "low",
            "I only ever get one sentence on my work. I would like to know what to do better.",
            "Agreed with the teacher on one concrete next step in each comment.",
            "The teacher has gone through '{title}' with the student.",
            "It was better for a week, and then it was one sentence again.",
        ),
        Complaint(
            "medium",
            "I have been waiting for a comment on '{title}' for weeks, and the next test is on Friday.",
            "The pile was left during the teacher's illness; a colleague takes it over.",
            "The work has been commented on and the teacher has apologised.",
            "Two other pieces are still without a comment.",
        ),
        Complaint(
            "high",
            "The comment on '{title}' was read out in front of the class. Everybody laughed.",
            "Talked to the student and the teacher separately. Both describe the same lesson.",
            "The teacher has apologised in private. Comments are not read out any more.",
            "It happened again on Tuesday.",
        ),
        Complaint(
            "critical",
            "The comment I was sent is about my family and has nothing to do with my work.",
            "The comment was meant as a private note. It should not exist in this form.",
            "The comment has been emptied, and the head of school has spoken with the family.",
            "My parents can still see it.",
        ),
    ),
    "fairness": (
        Complaint(
            "low",
            "In our class always the same people may present. I have put my hand up for weeks.",
            "The teacher will keep a list.",
            "There is a list now; the student presents next week.",
            "The list has not been used since.",
        ),
        Complaint(
            "medium",
            "The other form had an hour more for '{title}' than we had, but the marks count the same.",
            "Asked both teachers. One lesson was lost to the fire drill.",
            "The form may hand it in again; the better mark counts.",
            "Not everybody was told that they may hand it in again.",
        ),
        Complaint(
            "high",
            "I get extra time because of my dyslexia, but in the last two tests I was not given it.",
            "The note on extra time was missing on the teacher's list.",
            "Both tests can be repeated with extra time, and every teacher has the note now.",
            "In today's test I was told there is no such note.",
        ),
        Complaint(
            "critical",
            "I am treated differently because of where I come from. I can name the days and what was said.",
            "Spoke with the student together with a person of trust. Two classmates confirm it.",
            "The school has taken formal steps, and the student has changed to another group at their own wish.",
            "I was asked by the same teacher why I complained.",
        ),
    ),
    "other": (
        Complaint(
            "low",
            "The computers in room 14 take ten minutes to start. Then half the lesson is over.",
            "Passed on to the technicians.",
            "The computers have been replaced by those from the library.",
            "Now those in room 12 are slow.",
        ),
        Complaint(
            "medium",
            "Homework from four subjects is always due on the same evening. I cannot do it before midnight.",
            "Looked at the dates with the form's teachers.",
            "The teachers of the form now agree on their dates on Mondays.",
            "This week it was five subjects.",
        ),
        Complaint(
            "high",
            "Somebody used my account to hand in work in my name.",
            "The sign-in came from a computer in the library. The password has been changed.",
            "The work has been removed, and the other student has owned up.",
            "It has happened once more.",
        ),
        Complaint(
            "critical",
            "I am being threatened in the chat of our class. I do not want to come to school any more.",
            "Called the student at home the same hour. The counsellor has taken over.",
            "The family, the counsellor and the police have agreed on what happens next; the chat is closed.",
            "A new chat has been opened.",
        ),
    ),
}
"""By category, one of each severity, the mildest first."""
