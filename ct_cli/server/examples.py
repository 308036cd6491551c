"""Examples for the document, all made up; a test holds each to its schema and to the rules."""

from typing import Any

RETURN: dict[str, Any] = {
    "location_id": "LOC123",
    "service": "care-home",
    "month": "2024-12",
    "kind": "return",
    "values": {
        "maximum_capacity": 40,
        "occupied": 36,
        "reserved": 1,
        "accepting_admissions": 3,
        "nurses_employed": 8,
        "care_workers_employed": 24,
        "non_care_workers_employed": 10,
        "agency_nurses": 1,
        "agency_care_workers": 2,
        "agency_non_care_workers": 0,
    },
}
LOCATION: dict[str, Any] = {
    "id": "LOC123",
    "name": "Rose House",
    "services": ["care-home"],
    "provider": "Rose Care Ltd",
    "provider_id": "1-101",
    "local_authority": "Exampleshire",
    "region": "South East",
    "beds": 40,
    "registered_on": "2020-01-02",
}
PROBLEM: dict[str, Any] = {
    "code": "mandatory-missing",
    "severity": "error",
    "words": "Maximum capacity was left blank",
    "remedy": "Give the number; write 0 where there are none.",
    "field": "maximum_capacity",
    "location_id": "LOC123",
    "service": "care-home",
}
