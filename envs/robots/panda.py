"""The Franka Panda as PyBullet ships it (Apache-2.0), with light pictures and Franka's own joint limits."""

import re
from pathlib import Path

import numpy as np

ARM = tuple(range(7))
"""Joints of the arm."""
HAND, LEFT_FINGER, RIGHT_FINGER, GRASP_TARGET = 8, 9, 10, 11
"""Links; the fingers are also the joints that move them."""
LOWER = np.array([-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973])
UPPER = np.array([2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973])
"""Soft joint limits, radians: the `<safety_controller>` of the URDF, not its wider hard limits."""
SPEED = np.array([2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61])
"""Joint speed limits, radians a second."""
TORQUE = np.array([87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0])
"""Joint torque limits, newton metres."""
FINGER_SPEED, FINGER_FORCE = 0.2, 20.0
"""Limits of one finger: metres a second, newtons."""
COUPLING = 200.0
"""Largest force that keeps the fingers at equal distance from the middle, newtons."""
HOME = np.array([0.0, 0.2, 0.0, -2.2, 0.0, 2.4, 0.785])
"""A relaxed posture over the table from which inverse kinematics starts, radians."""


def light_urdf(data: Path, folder: Path) -> Path:
    """Write the Panda with its collision meshes as pictures into `folder`; TinyRenderer's cost is vertices.

    Args:
        data: `pybullet_data`'s folder.
        folder: where the URDF is written; its meshes are named by absolute path.
    """
    source = data / "franka_panda"
    text = (source / "panda.urdf").read_text()
    text = text.replace("meshes/visual/", "meshes/collision/").replace("package://meshes", str(source / "meshes"))
    for heavy, light in (("link6", "link7"),):  # 2 000 vertices that the cameras hardly see
        text = re.sub(
            rf'(<visual>\s*<geometry>\s*<mesh filename="[^"]*){heavy}\.obj', rf"\g<1>{light}.obj", text, count=1
        )
    path = folder / "panda.urdf"
    path.write_text(text)
    return path
