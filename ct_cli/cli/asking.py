"""Asking for a return at a terminal: page by page, item by item, with the last value to keep or to change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ct_cli.actions.draft_return import Draft, Question, draft_return, look_over
from ct_cli.actions.taking.order import Order, Terms
from ct_cli.actions.taking.submitted import Fate, ReturnsSubmitted
from ct_cli.cli.desk import Desk
from ct_cli.errors import CtError, ExitStatus, UsageError
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.terminal import Terminal
from ct_cli.output.views.problems import problem_lines
from ct_cli.returns.collection import Basis, ItemKind
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.the_return import REPLACES_FIGURES

HOW = "Enter keeps what is in [ ]. Type - to leave a value blank, ? for what is meant, < to go back a question."
_SHUT = frozenset({"window-not-open", "location-closed", "location-not-registered-yet", "service-not-registered"})
"""What no answer can mend: said before the first question."""
_KINDS = {ItemKind.PERCENTAGE: "0 to 100", ItemKind.YES_NO: "yes or no", ItemKind.TEXT: "words"}


class Stopped(CtError):
    """Stopped: nothing was recorded."""

    code = "interrupted"
    exit_status = ExitStatus.INTERRUPTED


class NothingGiven(UsageError):
    """Nothing was given for {location_id}: add --set field=value for each item (`ct fields` lists them), or --unchanged
    to confirm the last return, or run this at a terminal to be asked."""

    code = "nothing-given"


def ask(terminal: Terminal, prompt: str) -> str:
    """One answer. Raises Stopped on Ctrl-C and at the end of input."""
    try:
        return terminal.ask(prompt)
    except (KeyboardInterrupt, EOFError):
        terminal.say("")
        raise Stopped from None


def choose(terminal: Terminal, question: str, options: Sequence[str]) -> int:
    """Which of some options, from 0. Raises Stopped."""
    terminal.say(question)
    for number, option in enumerate(options, 1):
        terminal.say(f"  {number}  {option}")
    while True:
        answer = ask(terminal, f"1 to {len(options)}: ").strip()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:3]) <= len(options):
            return int(answer) - 1
        terminal.say(f"Type a number from 1 to {len(options)}, or press Ctrl-C to stop.")


def agreed(terminal: Terminal, question: str) -> bool:
    """Whether a person says yes to a question. Raises Stopped."""
    while True:
        answer = ask(terminal, f"{question} yes or no: ").strip().lower()
        if answer in {"y", "yes", "n", "no"}:
            return answer.startswith("y")
        terminal.say("Type yes or no, or press Ctrl-C to stop.")


def ask_to_replace(desk: Desk, order: Order, tried: Callable[[], ReturnsSubmitted]) -> Order:
    """The order, with the figures that it leaves out confirmed where a person at the terminal has seen them and agrees:
    it then replaces the version that was shown, and none that comes after.

    `tried` tells what would become of it. Where nobody can be asked, the query stays open.
    """
    if not desk.terminal.asks or REPLACES_FIGURES in order.confirm:
        return order
    from ct_cli.actions.make_nil_return import versions_standing
    from ct_cli.output.views.submit_return import what_is_replaced

    shown = versions_standing(desk.workplace.taking_in, order)
    blocks = list(what_is_replaced(tried()))
    if not blocks:
        return order
    desk.terminal.say_page(blocks)
    if not agreed(desk.terminal, "Replace these figures?"):
        return order
    return replace(order, confirm=order.confirm | {REPLACES_FIGURES}, versions_seen=shown)


def ask_return(desk: Desk, order: Order, terms: Terms) -> tuple[Order, Mapping[str, str]]:
    """The order and the raw values, as the person at the terminal gives and confirms them.

    Raises Stopped, NothingGiven where nobody can be asked, and what `draft_return` raises.
    """
    if not desk.terminal.asks:
        raise NothingGiven(location_id=order.location_id)
    order = _with_service(desk, order)
    return _Interview(desk, draft_return(desk.workplace.taking_in, order), terms).run()


def _with_service(desk: Desk, order: Order) -> Order:
    from ct_cli.actions.find_location import find_location
    from ct_cli.actions.taking.services_meant import services_owed

    if order.services or order.survey:
        return order
    owed = services_owed(find_location(desk.workplace.taking_in, order.location_id))
    if len(owed) == 1:
        return order
    return replace(order, services=(owed[choose(desk.terminal, "For which service?", [s.in_words for s in owed])],))


class _Interview:
    """One return, from the first question to "record it"."""

    def __init__(self, desk: Desk, draft: Draft, terms: Terms) -> None:
        self._desk, self._draft, self._terms = desk, draft, terms
        self._terminal = desk.terminal
        self._turned_back = False
        self._wanted: frozenset[str] | None = None
        """The pages to go through although nothing on them must be given; None until that was asked."""
        self._raw: dict[str, str] = {
            question.item.key: str(question.last) for question in draft.questions if question.last is not None
        }

    def run(self) -> tuple[Order, Mapping[str, str]]:
        """Ask everything, show a summary, settle what is queried."""
        draft = self._draft
        seen = self._seen(self._raw)
        shut = [problem for problem in seen.problems if problem.code in _SHUT]
        if shut or not draft.questions:
            return draft.order, self._raw
        last = f"; values in [ ] are {draft.last_month.in_words()}'s" if draft.last_month else ""
        self._show([line(Text(f"{draft.name}, {draft.service.in_words}, {draft.month.in_words()}{last}", Tone.STRONG))])
        self._terminal.say(HOW)
        self._ask_all()
        while True:
            order = self._close()
            if order is not None:
                return order, self._raw
            self._ask_all()

    def _ask_all(self) -> None:
        """Every question in turn; pages on which nothing must be given only where they are wanted."""
        questions = self._draft.questions
        self._wanted = None
        page, index = "", 0
        while index < len(questions):
            group = questions[index].item.group
            if group != page:
                turned_back, page = page and self._turned_back, group
                if not turned_back and not self._wants_page(group):
                    index += len(self._draft.pages[group])
                    continue
                self._show([line(), line(Text(group, Tone.STRONG))])
            step = self._ask_one(questions[index])
            self._turned_back = step < 0
            index = max(0, index + step)

    def _wants_page(self, group: str) -> bool:
        if any(question.item.mandatory for question in self._draft.pages[group]):
            return True
        if self._wanted is None:
            self._wanted = self._ask_pages()
        return group in self._wanted

    def _ask_pages(self) -> frozenset[str]:
        """Which of the pages on which nothing must be given to go through: one question for all of them."""
        pages = [
            (group, questions)
            for group, questions in self._draft.pages.items()
            if not any(question.item.mandatory for question in questions)
        ]
        self._show([line(), line(Text("Pages on which nothing must be given", Tone.STRONG))])
        for number, (group, questions) in enumerate(pages, 1):
            given = sum(question.item.key in self._raw for question in questions)
            self._terminal.say(f"  {number}  {group}: {given or 'none'} of {len(questions)} given so far")
        self._terminal.say("Type the numbers of those to go through, as in 1 3; Enter passes them over.")
        while True:
            answer = ask(self._terminal, "Pages: ").replace(",", " ").split()
            if all(text.isascii() and text.isdigit() and 1 <= int(text[:3]) <= len(pages) for text in answer):
                return frozenset(pages[int(text) - 1][0] for text in answer)
            self._terminal.say(f"Type numbers from 1 to {len(pages)} with spaces between, or press Enter.")

    def _ask_one(self, question: Question) -> int:
        """Ask one question until its answer will do; how far to move on (1) or back (-1)."""
        item = question.item
        while True:
            answer = ask(self._terminal, self._prompt(question)).strip()
            if answer == "<":
                return -1
            if answer == "?":
                self._explain(question)
                continue
            before = dict(self._raw)
            if answer == "-":
                self._raw.pop(item.key, None)
            elif answer:
                self._raw[item.key] = answer
            wrong = self._wrong(item.key)
            if not wrong:
                return 1
            self._show(problem_lines(wrong))
            self._raw = before

    def _prompt(self, question: Question) -> str:
        item = question.item
        kind = _KINDS.get(item.kind, item.unit)
        asked = f"{item.label} ({kind}{'' if item.mandatory else ', may be blank'})"
        kept = self._raw.get(item.key)
        return f"  {asked} [{kept}]: " if kept is not None else f"  {asked}: "

    def _explain(self, question: Question) -> None:
        item = question.item
        said = [f"In files: {item.key}.", item.note, f"Source: {item.source}."]
        if item.basis is Basis.INFERRED:
            said.append("This is inferred, not read in the notice.")
        self._show([line(" ".join(part for part in said if part), indent=4)])

    def _wrong(self, key: str) -> list[Problem]:
        """What is wrong with the answers so far, as far as this one made it so."""
        answered = self._answered_up_to(key)
        seen = self._seen({field: text for field, text in self._raw.items() if field in answered})
        return [
            problem
            for problem in seen.problems
            if problem.severity is Severity.ERROR
            and (problem.field == key or (problem.field in answered and problem.code != "mandatory-missing"))
        ]

    def _answered_up_to(self, key: str) -> set[str]:
        keys = [question.item.key for question in self._draft.questions]
        return set(keys[: keys.index(key) + 1])

    def _close(self) -> Order | None:
        """The summary, and what to do with it; None to go through the questions again."""
        seen = self._seen(self._raw)
        self._show(self._summary())
        self._show(problem_lines(seen.problems))
        if seen.results[0].fate is Fate.REFUSED:
            ask(self._terminal, "Something is still wrong. Enter goes through it again, Ctrl-C stops: ")
            return None
        order = self._confirmed(self._draft.order, seen.problems)
        if order is None:
            return None
        doing = "Try it without writing" if self._terms.dry_run else "Record this return"
        answer = ask(self._terminal, f"{doing}? yes, no (go through it again), or Ctrl-C to stop: ")
        return order if answer.strip().lower() in {"y", "yes"} else None

    def _confirmed(self, order: Order, problems: Sequence[Problem]) -> Order | None:
        """The order with the queries confirmed, once the note passes the rules too; None to go through it again."""
        queries = frozenset(problem.code for problem in problems if problem.severity is Severity.QUERY)
        if REPLACES_FIGURES in queries:
            if not agreed(self._terminal, "Leave these blank?"):
                return None
            order, queries = replace(order, confirm=order.confirm | {REPLACES_FIGURES}), queries - {REPLACES_FIGURES}
        while queries:
            note = ask(self._terminal, "Why is this right? (a sentence, naming nobody; Enter goes through it again) ")
            if not note.strip():
                return None
            order = replace(order, confirm=order.confirm | queries, note=note.strip())
            seen = look_over(self._desk.workplace.taking_in, replace(self._draft, order=order), self._raw, self._terms)
            if seen.results[0].fate is not Fate.REFUSED:
                break
            self._show(problem_lines(seen.problems))
        return order

    def _summary(self) -> Iterable[Block]:
        yield line()
        rows = [
            (
                question.item.label,
                "" if question.last is None else str(question.last),
                self._raw.get(question.item.key, ""),
            )
            for question in self._draft.questions
            if question.last is not None or question.item.key in self._raw
        ]
        yield Table((Column("Item"), Column("Last", numeric=True), Column("Now", numeric=True)), rows)

    def _seen(self, raw: Mapping[str, str]) -> ReturnsSubmitted:
        return look_over(self._desk.workplace.taking_in, self._draft, raw, self._terms)

    def _show(self, blocks: Iterable[Block]) -> None:
        """Questions and summaries are words, so they go to stderr with the prompts."""
        self._terminal.say_page(blocks)
