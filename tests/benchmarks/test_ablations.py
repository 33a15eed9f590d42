"""The table of ablations keeps what other trainings on the same recordings found, and plays what is finished."""

import subprocess
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "ablations"


def test_what_was_found_before_stays_where_it_learned_from_the_same_recordings(tables):
    def learned(data: str, worth: int = 0) -> dict:
        return {"data_hash": data, "worth": worth}

    before = {"base": learned("a"), "seed": learned("a"), "px_96": learned("of another world"), "vector": learned("b")}
    found = {"base": learned("a", 1), "vector_sigreg": learned("b")}
    assert tables.merged(found, before) == {
        "base": learned("a", 1),
        "seed": learned("a"),
        "px_96": learned("of another world"),  # nothing found says what the recordings in 96 px are now
        "vector": learned("b"),
        "vector_sigreg": learned("b"),
    }
    assert "vector" not in tables.merged({"vector_sigreg": learned("c")}, before)


def test_every_variant_has_recordings_that_are_made(tables, planted):
    here = planted(BENCHMARK)
    made = subprocess.run(["sh", here / "record.sh"], capture_output=True, text=True, check=True).stdout
    for name, (_, recordings) in tables.variants().items():
        assert f"/data/{recordings} " in made.replace("\n", " "), name
    refused = subprocess.run(["sh", here / "record.sh", "px_46"], capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr == "there is no recording 'px_46'; choose slots, px_96, one_camera or vector.\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("base", "world_model.checkpoint=runs/ablations/base/checkpoint methods="),
        ("one_camera", "world_model.checkpoint=runs/ablations/one_camera/checkpoint env.cameras=[front] "),
        (
            "vector_joint",
            'world_model={"_target_":"worldmodel.latent.Latent","checkpoint":"runs/ablations/vector_joint/',
        ),
    ],
)
def test_a_finished_variant_plays_with_its_own_pictures_and_kind_of_state(planted, name, told):
    here = planted(BENCHMARK)
    (here.parents[1] / "runs" / "ablations" / name / "checkpoint").mkdir(parents=True)
    said = subprocess.run(["sh", here / "play.sh"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == 1 and said[0].startswith(f"run red_cup {told}")
    assert subprocess.run(["sh", here / "play.sh", "seed"], capture_output=True, text=True, check=True).stdout == ""
