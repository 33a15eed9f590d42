"""The cameras that look at the table: where they stand, and what PyBullet's renderer sees from there."""

from collections.abc import Mapping

import numpy as np
import pybullet

EYES = {"front": (1.40, 0.0, 0.72), "side": (0.46, 0.92, 0.66)}
"""Camera -> where it stands, world frame, metres; every camera looks at `LOOK`."""
LOOK, VIEW, NEAR, AWAY = (0.49, 0.0, 0.09), 33.0, 0.3, 3.0


def shoot(
    server: int, numbers: Mapping[str, float], camera: str, size: int, flags: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Look at a physics server from one camera.

    Args:
        server: id of the physics server.
        numbers: of a scene's factors; those of camera and light are read.
        camera: one of `EYES`.
        size: pixels of a side.
        flags: of PyBullet's renderer.

    Returns:
        The picture (H, W, 3) uint8, the depth buffer (H, W), and which body each pixel shows (H, W), -1 for none.
    """
    n = numbers
    jitter = np.array([n["camera.x"], n["camera.y"], n["camera.z"]])
    view = pybullet.computeViewMatrix((np.array(EYES[camera]) + jitter).tolist(), LOOK, (0, 0, 1))
    lens = pybullet.computeProjectionMatrixFOV(VIEW, 1.0, NEAR, AWAY)
    _, _, rgba, buffer, bodies = pybullet.getCameraImage(
        size, size, view, lens, lightDirection=(n["light.x"], n["light.y"], 1.5), shadow=0,
        lightAmbientCoeff=n["light.ambient"], renderer=pybullet.ER_TINY_RENDERER,
        flags=flags, physicsClientId=server,
    )  # fmt: skip
    picture = np.reshape(rgba, (size, size, 4))[..., :3].astype(np.uint8)
    return picture, np.reshape(buffer, (size, size)), np.reshape(bodies, (size, size))


def metres(buffer: np.ndarray) -> np.ndarray:
    """Turn a depth buffer into distances along the optical axis, float32."""
    return (AWAY * NEAR / (AWAY - (AWAY - NEAR) * buffer)).astype(np.float32)
