"""The outcomes of another ct's submissions as NDJSON, made once though they are both kept and sent."""

import json
from collections.abc import Sequence

from ct_cli.backends.contract import Backend, NewEntry, Outcome, OutcomeKind
from ct_cli.backends.fulfilments import moment_text
from ct_cli.backends.ledger import TEXT
from ct_cli.backends.wire import plain
from ct_cli.returns.the_return import ReturnKind
from ct_cli.server.pages import line


def outcome_lines(outcomes: Sequence[Outcome | NewEntry]) -> bytes:
    """As `lines` has them, with the line that says how many there were; of a new entry, no more than its receipt."""
    told = [
        f'{_MINIMAL}{it.receipt_id}"}}\n' if isinstance(it, NewEntry) else outcome_text(it) for it in outcomes
    ]  # fmt: skip
    return "".join(told).encode() + line({"end": len(outcomes)})


def in_full(told: str, store: Backend) -> bytes:
    """Such lines with every new entry whole: an answer that was kept, for somebody who asks for all of it."""
    return "".join([_in_full(each, store) for each in told.splitlines(keepends=True)]).encode()


def _in_full(told: str, store: Backend) -> str:
    if not told.startswith(_MINIMAL):
        return told
    entry = store.entry(json.loads(told)["receipt_id"])
    assert entry is not None  # no operation removes an entry
    return outcome_text(Outcome(OutcomeKind.ACCEPTED, entry))


def outcome_text(outcome: Outcome) -> str:
    """The line of one outcome, as `line(plain(outcome))` has it.

    Put together at once where a full return is accepted, as nearly every one of a file is: its values are in the
    spelling that is stored, which was made a moment ago, and need not be read to be written again.
    """
    it = outcome.entry
    usual = outcome.kind is OutcomeKind.ACCEPTED and outcome.previous is None and not outcome.problems
    if it is None or not usual or it.kind is not ReturnKind.FULL or it.confirmed or it.reason is not None:
        return line(plain(outcome)).decode()
    return (
        f'{{"kind":"accepted","entry":{{"receipt_id":"{it.receipt_id}","location_id":{_quoted(it.location_id)},'
        f'"service":"{TEXT[it.service]}","number":{it.number},"month":"{it.month}","version":{it.version},'
        f'"kind":"{_FULL}","collection":{_quoted(it.collection)},"survey":{_quoted(it.survey)},"values":{it.content},'
        f'"reason":null,"note":{_quoted(it.note)},"confirmed":[],"received_at":"{moment_text(it.received_at)}",'
        f'"fulfils":{_TRUTH[it.fulfils]},"rehearsal":{_TRUTH[it.rehearsal]},"source":"{it.source.value}",'
        f'"recorded_by":{_quoted(it.recorded_by)},"content_hash":"{it.content_hash}",'
        f'"previous_hash":"{it.previous_hash}","entry_hash":"{it.entry_hash}"}},"previous":null,"problems":[]}}\n'
    )


_MINIMAL = '{"kind":"accepted","receipt_id":"'
_FULL = ReturnKind.FULL.value
_TRUTH = {False: "false", True: "true"}
_quoted = json.JSONEncoder().encode
