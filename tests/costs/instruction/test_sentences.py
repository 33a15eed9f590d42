from pathlib import Path

import pytest
import yaml

from foresee.costs.instruction import RefusalError, parse

GROUPS = yaml.safe_load((Path(__file__).parent / "sentences.yaml").read_text())
CASES = [(tuple(group["scene"]), case) for group in GROUPS for case in group["sentences"]]


@pytest.mark.parametrize(("scene", "case"), CASES, ids=[case["said"][:60] for _, case in CASES])
def test_a_sentence_means_what_it_says_or_is_refused(scene, case):
    if "refused" in case:
        with pytest.raises(RefusalError) as refusal:
            parse(case["said"], scene)
        assert type(refusal.value).__name__ == case["refused"]
        sentence = str(refusal.value)
        assert sentence.endswith(".") and "\n" not in sentence
    else:
        assert parse(case["said"], scene).json() == {
            "goals": case["goals"],
            "restraints": case.get("restraints", []),
        }


def test_there_are_many_of_both():
    refused = sum("refused" in case for _, case in CASES)
    assert refused > 50 and len(CASES) - refused > 150
