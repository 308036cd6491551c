"""Capacity Tracker's export API over a real socket: pages that shift, servers that are busy, answers that break off."""

from collections.abc import Callable
from typing import Any

import pytest

from ct_cli.register.asking import AddressRefused, Asker, KeyNotTaken, SourceUnreachable
from ct_cli.register.seen import ReadExport
from ct_cli.register.tracker_api import NotAPage, read_export
from tests.register.listening import Answered, Asked, Listening, listening

KEY = "s3cret-key-of-a-council"


def items(*numbers: int) -> list[dict[str, Any]]:
    return [{"cqcId": f"LOC{number:03}", "isCareHome": True} for number in numbers]


def pages(everything: Callable[[int], list[dict[str, Any]]]) -> Callable[[Asked, int], Answered]:
    """A list cut into pages as asked for; it may be another list at each call."""

    def answer(asked: Asked, before: int) -> Answered:
        whole = everything(before)
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return Answered({"totalItems": len(whole), "items": whole[offset : offset + limit]})

    return answer


def read(answer: Callable[[Asked, int], Answered], page: int = 2) -> tuple[ReadExport, Listening, list[float]]:
    waits: list[float] = []
    with listening(answer) as server:
        asker = Asker(server.url, "capacity_tracker.key", secret={"key": KEY}, sleep=waits.append)
        return read_export(asker, page=page), server, waits


def ids(found: ReadExport) -> list[str]:
    return sorted(seen.location_id for seen in found.seen)


def test_every_page_is_read_with_the_key_in_the_query():
    found, server, _ = read(pages(lambda _: items(1, 2, 3, 4, 5)))
    assert ids(found) == ["LOC001", "LOC002", "LOC003", "LOC004", "LOC005"]
    assert [asked.query for asked in server.asked] == [
        {"key": KEY, "limit": "2", "offset": offset} for offset in ("0", "2", "4")
    ]


def test_an_empty_export_is_no_failure():
    assert read(pages(lambda _: []))[0].rows == 0


def test_an_item_that_goes_while_the_pages_are_read_hides_no_other():
    found, _, _ = read(pages(lambda before: items(1, 2, 3, 4, 5) if before == 0 else items(2, 3, 4, 5)))
    assert {"LOC002", "LOC003", "LOC004", "LOC005"} <= set(ids(found))
    assert not found.unread


def test_items_that_change_places_while_the_total_stays_are_all_read():
    found, _, _ = read(pages(lambda before: items(1, 2, 3, 4) if before == 0 else items(5, 1, 2, 4)))
    assert {"LOC001", "LOC002", "LOC004", "LOC005"} <= set(ids(found))


def test_a_list_that_never_stands_still_is_told_of():
    def answer(asked: Asked, before: int) -> Answered:
        return Answered({"totalItems": 9 + before, "items": items(before) if asked.query["offset"] == "0" else []})

    found, _, _ = read(answer)
    assert found.unread.total() > 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_after_as_long_as_it_says(status):
    whole = pages(lambda _: items(1))
    busy = Answered("busy", status, {"Retry-After": "7"})
    found, server, waits = read(lambda asked, before: busy if before < 2 else whole(asked, before))
    assert (ids(found), len(server.asked), waits) == (["LOC001"], 3, [7.0, 7.0])


def test_an_answer_that_breaks_off_is_asked_for_again():
    whole = pages(lambda _: items(1))
    broken = (Answered('{"totalItems": 1, "items": [{"cq'), Answered('{"totalItems"', cut=True))
    found, _, waits = read(lambda asked, before: broken[before] if before < 2 else whole(asked, before))
    assert (ids(found), waits) == (["LOC001"], [1.0, 2.0])


def test_a_page_in_the_middle_that_fails_is_asked_for_again_alone():
    whole = pages(lambda _: items(1, 2, 3))
    found, server, _ = read(lambda asked, before: Answered("", 502) if before == 1 else whole(asked, before))
    assert len(ids(found)) == 3
    assert [asked.query["offset"] for asked in server.asked] == ["0", "2", "2"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (Answered("no", 403), KeyNotTaken),
        (Answered("no", 401), KeyNotTaken),
        (Answered("no", 400), SourceUnreachable),
        (Answered("no", 500), SourceUnreachable),
        (Answered("no", 429, {"Retry-After": "86400"}), SourceUnreachable),
        (Answered("", 302, {"Location": "http://127.0.0.1:1/elsewhere"}), SourceUnreachable),
        (Answered({"message": KEY}), NotAPage),
        (Answered([1, 2]), NotAPage),
        (Answered(None, 404), NotAPage),
    ],
)
def test_what_cannot_be_mended_is_said_without_the_key_or_the_address(given, error):
    with pytest.raises(error) as caught:
        read(lambda *_: given)
    words = (
        repr(caught.value) + caught.value.sentence + repr(caught.value.__context__ and str(caught.value.__context__))
    )
    assert KEY not in words
    assert "export" not in caught.value.sentence.replace("Capacity Tracker's export", "")


def test_a_server_that_is_not_there_is_said_to_be_so():
    asker = Asker("http://127.0.0.1:1/", "capacity_tracker.key", secret={"key": KEY}, sleep=lambda _: None)
    with pytest.raises(SourceUnreachable, match="tried 6 times") as caught:
        read_export(asker)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["http://capacitytracker.com/", "ftp://127.0.0.1/", "capacitytracker.com"])
def test_a_key_does_not_go_over_a_line_that_all_can_read(url):
    with pytest.raises(AddressRefused):
        Asker(url, "capacity_tracker.key")


def test_no_more_calls_are_made_in_a_minute_than_are_allowed():
    waits: list[float] = []
    with listening(lambda *_: Answered({})) as server:
        asker = Asker(server.url, "cqc.key", per_minute=60, sleep=waits.append)
        for _ in range(3):
            asker.get()
    assert len(waits) == 2
    assert waits[0] == pytest.approx(1, abs=0.3)
    assert waits[1] == pytest.approx(2, abs=0.3)  # the stand-in for sleep does not wait, so what is owed adds up
