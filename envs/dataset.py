"""A dataset as a whole: claimed before recording, numbered and indexed after it, and valid after an interruption."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import lerobot
from .card import card
from .lerobot import DATA, EPISODES, Schema, at, read_table, replace, write_json, write_table
from .stats import pooled

INFO, TASKS = "meta/info.json", "meta/tasks.parquet"


def begin(root: Path, schema: Schema, about: Mapping[str, Any]) -> None:
    """Claim a folder for one recording, new or to be resumed; refuse it if anything else is in there.

    Args:
        root: the folder; made if absent.
        schema: the columns to be recorded.
        about: JSON-able description of what is recorded; `count` alone may grow between runs.
    """
    path = root / INFO
    if not path.exists() and root.exists() and any(root.iterdir()):
        raise FileExistsError(f"{root} is not empty and holds no dataset of foresee; choose a new or empty folder.")
    if path.exists():
        info = read_info(root)
        _same(root, info["foresee"], _plain(about))
        if different := sorted(info["features"].keys() ^ schema.features().keys()):
            raise FileExistsError(
                f"{root} holds a dataset with other columns ({different[0]} is in one only); choose another folder, or "
                "the same config to go on with it."
            )
        for leftover in root.rglob(f"*{lerobot.PART}"):
            leftover.unlink()
    else:
        write_json(path, _info(schema, about, episodes=0, frames=0, extra={}))


def _same(root: Path, there: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    different = [key for key in asked if key != "count" and there.get(key) != asked[key]]
    if different:
        raise FileExistsError(
            f"{root} holds a dataset recorded with another {different[0]} ({there.get(different[0])}, not "
            f"{asked[different[0]]}); choose another folder, or the same config to go on with it."
        )
    if there["count"] > asked["count"]:
        raise FileExistsError(
            f"{root} was recorded for {there['count']} episodes, more than the {asked['count']} asked for now; "
            "ask for at least as many, or choose another folder."
        )


def read_info(root: Path) -> dict[str, Any]:
    """Read `meta/info.json` of a dataset that foresee recorded."""
    try:
        info = json.loads((root / INFO).read_text())
    except ValueError as error:
        raise ValueError(f"{root / INFO} is damaged: it is not JSON.") from error
    if info.get("codebase_version") != lerobot.CODEBASE or "foresee" not in info:
        raise FileExistsError(f"{root} holds another program's dataset; choose a new or empty folder.")
    return info


def recorded(root: Path, shard: int) -> int:
    """How many episodes of a shard are there: 0 until its data file is; a damaged file is refused by name."""
    if not at(root, DATA, shard).exists():
        return 0
    lengths = read_table(at(root, EPISODES, shard), ["length"])["length"].to_numpy()
    rows = len(read_table(at(root, DATA, shard), ["frame_index"]))
    if rows != lengths.sum():
        raise ValueError(
            f"{at(root, DATA, shard)} has {rows} rows where its episodes have {lengths.sum()}; "
            "delete it and collect again to record it anew."
        )
    return len(lengths)


def finish(root: Path, schema: Schema, about: Mapping[str, Any], steps_per_second: float | None) -> dict[str, Any]:
    """Number what was recorded and write everything in `meta/` and the data card.

    Args:
        steps_per_second: throughput of this run; None keeps the one measured before.

    Returns:
        The contents of `meta/info.json`.
    """
    before = read_info(root)["foresee"]
    rows = number(root)
    extra = {"steps_per_second": steps_per_second or before.get("steps_per_second"), "sha256": lerobot.digest(root)}
    episodes, frames = len(rows), sum(rows["length"].to_pylist()) if len(rows) else 0
    info = _info(schema, about, episodes, frames, extra)
    if episodes:
        write_json(root / "meta/stats.json", _stats(rows))
        write_table(root / TASKS, _tasks(schema.task))
    write_json(root / INFO, info)
    replace(root / "README.md", lambda part: part.write_text(card(root, info, rows)))
    return info


def number(root: Path) -> pa.Table:
    """Number episodes and frames without gaps over the shards that are there; return the episode rows.

    Readers find an episode by its place, so numbers are places, also where a shard is still missing.
    """
    there, tables = lerobot.shards(root), []
    for path in (root / "meta/episodes").glob("chunk-*/file-*.parquet"):
        if not (root / "data" / path.parent.name / path.name).exists():
            path.unlink()  # its shard was never completed
    episode = frame = 0
    for shard in there:
        lengths = read_table(at(root, EPISODES, shard), ["length"])["length"].to_numpy()
        ends = frame + np.cumsum(lengths)
        numbers = episode + np.arange(len(lengths))
        bounds = {"episode_index": numbers, "dataset_from_index": ends - lengths, "dataset_to_index": ends}
        _put(at(root, EPISODES, shard), bounds)
        indices = {"episode_index": np.repeat(numbers, lengths), "index": np.arange(frame, ends[-1])}
        _put(at(root, DATA, shard), indices)
        tables.append(read_table(at(root, EPISODES, shard)))
        episode, frame = episode + len(lengths), int(ends[-1])
    return pa.concat_tables(tables) if tables else pa.table({"length": pa.array([], pa.int64())})


def _put(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Replace columns of a parquet file, if they differ."""
    now = read_table(path, list(columns))
    if all(np.array_equal(now[name].to_numpy(), values) for name, values in columns.items()):
        return
    table = read_table(path)
    for name, values in columns.items():
        i = table.schema.get_field_index(name)
        table = table.set_column(i, table.schema.field(i), pa.array(values))
    write_table(path, table)


def _info(
    schema: Schema, about: Mapping[str, Any], episodes: int, frames: int, extra: dict[str, Any]
) -> dict[str, Any]:
    quantities = _plain({name: q._asdict() for name, q in schema.quantities.items()})
    ours = {**_plain(about), "cameras": list(schema.cameras), "renderer": schema.renderer, "quantities": quantities}
    return {
        "codebase_version": lerobot.CODEBASE,
        "robot_type": None,
        "fps": lerobot.whole(schema.fps),
        "total_episodes": episodes,
        "total_frames": frames,
        "total_tasks": 1 if episodes else 0,
        "chunks_size": lerobot.CHUNK,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "data_path": DATA,
        "video_path": lerobot.VIDEO,
        "splits": {"train": f"0:{episodes}"},
        "features": schema.features(),
        "foresee": {**ours, "version": version("foresee"), **extra},
    }


def _stats(rows: pa.Table) -> dict[str, dict[str, list]]:
    """Statistics of the whole dataset, from those of its episodes."""
    names = [name.removeprefix("stats/") for name in rows.column_names if name.startswith("stats/")]
    found: dict[str, dict[str, list]] = {}
    for column in dict.fromkeys(name.rpartition("/")[0] for name in names):
        keys = [name.rpartition("/")[2] for name in names if name.rpartition("/")[0] == column]
        values = {key: np.array(rows[f"stats/{column}/{key}"].to_pylist()) for key in keys}
        episodes = [{key: values[key][i] for key in keys} for i in range(len(rows))]
        found[column] = {key: value.tolist() for key, value in pooled(episodes).items()}
    return found


def _tasks(task: str) -> pa.Table:
    """The tasks, indexed by their text: the schema's metadata tells pandas which column is the index."""
    number = {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64"}
    text = {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object"}
    labels = {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object"}
    pandas = {
        "index_columns": ["task"],
        "column_indexes": [{**labels, "metadata": {"encoding": "UTF-8"}}],
        "columns": [{**number, "metadata": None}, {**text, "metadata": None}],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.2.0",
    }
    table = pa.table({"task_index": pa.array([0], pa.int64()), "task": [task]})
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})


def _plain(value: Any) -> Any:
    """What JSON gives back for a value."""
    return json.loads(json.dumps(value))
