"""What is read by its frame is what reading in full gives, or is not read by it at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.returns.reading.json_files import _cells_of, read_objects
from ct_cli.returns.reading.json_frames import Frames, frame_of
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.returns.reading.source import open_source

TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["", "7", "ct-place-1", 'a"b', "a\\b", ":", "null", "é", "\n"]))
NUMBERS = st.one_of(st.integers(), st.integers(-3, 300), st.floats(), st.sampled_from([460_460_460_000, 0, -1]))
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.one_of(SCALARS, st.lists(TEXTS, max_size=2), st.dictionaries(TEXTS, SCALARS, max_size=3))
KEYS = st.sampled_from(["location_id", "values", "raw", "beds", "note", "confirm", 'a"b', "c:d", ""])
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


@given(OBJECTS, st.data())
def test_an_object_with_other_values_is_read_as_in_full_or_not_at_all(
    first: dict[str, Any], data: st.DataObject
) -> None:
    frames = Frames(_cells_of)
    frames.learn(json.dumps(first))
    other = {key: data.draw(_like(value)) for key, value in first.items()}
    text = json.dumps(other, ensure_ascii=data.draw(st.booleans()))
    found = frames.read(f"[{text}", 1)
    if found is not None:
        cells = _cells_of(text)
        assert (found.frame.keys, found.cells, found.end) == (tuple(cells), list(cells.values()), len(text) + 1)


def _like(value: object) -> st.SearchStrategy[Any]:
    """Mostly a value of the same kind."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({key: _like(inner) for key, inner in value.items()})
    if isinstance(value, str):
        return st.one_of(TEXTS, TEXTS, VALUES)
    return st.one_of(NUMBERS, st.integers(0, 300), VALUES)


def test_a_return_as_ct_writes_it_is_read_by_the_frame_of_another() -> None:
    def text(beds: int, visits: str) -> str:
        return json.dumps({"location_id": f"1-10000{beds}", "values": {"beds": beds, "visits": visits}, "note": None})

    frame = frame_of(text(12, "yes"), _cells_of)
    assert frame is not None
    assert frame.keys == ("location_id", "note", "beds", "visits")
    assert frame.read(text(7, "no"), 0) == (["1-100007", "", "7", "no"], len(text(7, "no")))


@pytest.mark.parametrize("other", ['{"a":1.5}', '{"a":01}', '{"a":1', '{"a":"x\\n"}', '{"a":"x"}', '{"a":1,"a":2}'])
def test_what_another_frame_has_is_left_to_reading_in_full(other: str) -> None:
    frame = frame_of('{"a":1}', _cells_of)
    assert frame is not None
    assert frame.read(other, 0) is None


@pytest.mark.parametrize("format", [FileFormat.NDJSON, FileFormat.JSON])
def test_a_file_of_several_frames_gives_every_row_as_its_objects_say(tmp_path: Path, format: FileFormat) -> None:
    objects: list[Mapping[str, Any]] = [
        {"location_id": f"1-{n}", **({"beds": n} if n % 3 else {"beds": None, "note": 'a "b"'}), f"k{n % 25}": str(n)}
        for n in range(200)
    ]
    lines = [json.dumps(it) for it in objects]
    path = tmp_path / "returns"
    path.write_text("\n".join(lines) if format is FileFormat.NDJSON else f"[{', '.join(lines)}]", encoding="utf-8")
    with read_objects(open_source(str(path)), format) as sheet:
        found = [dict(zip(sheet.header, cells, strict=True)) for _, cells in sheet.rows()]
    assert found == [{key: str(it.get(key) or "") for key in sheet.header} for it in objects]
