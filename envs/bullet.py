"""One PyBullet world: a Panda, a table and objects; it moves, it is read, it is photographed."""

import shutil
import tempfile
import weakref
from itertools import combinations
from pathlib import Path

import numpy as np
import pybullet
import pybullet_data
from scipy.spatial.transform import Rotation

from .action import ActionMap, Pose, between
from .arrangement import Arrangement
from .camera import metres, shoot
from .guise import USUAL, Guise
from .objects import Cylinder, Shape, write_obj
from .robots import panda

SUBSTEPS, FPS = 24, 5.0
"""Physics steps of one action, and actions a second: physics runs at 120 Hz."""
WATCH = 4
"""Contacts and tilts are looked at after every so many physics steps."""
FAR = 0.3
"""Clearances are measured up to this distance, metres."""
RENDERER = "pybullet TinyRenderer"
GAIN = 0.3
"""Share of a joint's error that its motor takes back in a physics step; with PyBullet's 0.1 the hand trails behind."""
FINGERS = (panda.LEFT_FINGER, panda.RIGHT_FINGER)
GRIPPER = (panda.HAND, *FINGERS)


class World:
    """A physics server of its own. The same factors build, to the last bit, the same world."""

    def __init__(self, action: ActionMap, guise: Guise = USUAL):
        """Start a server; `action` says what actions mean, `guise` how the robot looks."""
        self.action, self.guise = action, guise
        self.id = pybullet.connect(pybullet.DIRECT)
        self._folder = scratch(self)
        self._urdf = panda.light_urdf(Path(pybullet_data.getDataPath()), self._folder)

    def close(self) -> None:
        """End the physics server."""
        if self.id >= 0:
            pybullet.disconnect(self.id)
            self.id = -1

    def build(self, factors: Arrangement) -> None:
        """Throw everything away and build the scene: `restoreState` would not reproduce the future."""
        self.factors = factors
        c = self.id
        pybullet.resetSimulation(physicsClientId=c)
        pybullet.setGravity(0, 0, -9.81, physicsClientId=c)
        pybullet.setTimeStep(1 / (FPS * SUBSTEPS), physicsClientId=c)
        self.table = self._table()
        self.robot = pybullet.loadURDF(str(self._urdf), useFixedBase=True, physicsClientId=c)
        self._couple()
        pybullet.setPhysicsEngineParameter(enableFileCaching=0, physicsClientId=c)  # a name's sizes differ by scene
        self.objects = {name: self._object(name) for name in factors.objects}
        pybullet.setPhysicsEngineParameter(enableFileCaching=1, physicsClientId=c)
        for link in range(panda.HAND):  # the forearm never comes near the table; pairs cost time
            pybullet.setCollisionFilterPair(self.robot, self.table, link, -1, 0, physicsClientId=c)
        for finger in FINGERS:
            pybullet.changeDynamics(self.robot, finger, lateralFriction=1.0, physicsClientId=c)
        for link, colour in self.guise.colours().items():
            pybullet.changeVisualShape(self.robot, link, rgbaColor=colour, physicsClientId=c)
        start = factors.hand()
        self.target = Pose(np.array(start.position), np.array([start.yaw, 0.0, 0.0]), start.command)
        self.joints = panda.HOME.copy()
        for _ in range(3):  # each solution seeds the next
            self._place(self.joints, start.width)
            self.joints = self._inverse(self.target)
        self._place(self.joints, start.width)
        self._drive(self.joints, start.command)
        for _ in range(start.settle):
            pybullet.stepSimulation(physicsClientId=c)
        self.touched: dict[frozenset[str], np.ndarray] = {}
        self.worst = {f"{name}.up": self._up(body) for name, body in self.objects.items()}

    def _couple(self) -> None:
        """Move both fingers as one, as the real hand does: driven singly, they let what they hold slide to and fro."""
        none = (0.0, 0.0, 0.0)
        gear = pybullet.createConstraint(
            self.robot, FINGERS[0], self.robot, FINGERS[1], pybullet.JOINT_GEAR, (1, 0, 0), none, none,
            physicsClientId=self.id,
        )  # fmt: skip
        pybullet.changeConstraint(gear, gearRatio=-1, erp=0.3, maxForce=panda.COUPLING, physicsClientId=self.id)

    def _table(self) -> int:
        half, shade = (0.35, 0.45, 0.02), self.factors.numbers["table.shade"]
        solid = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=half, physicsClientId=self.id)
        seen = pybullet.createVisualShape(
            pybullet.GEOM_BOX, halfExtents=half, rgbaColor=(shade, shade, shade, 1), physicsClientId=self.id
        )
        body = pybullet.createMultiBody(0, solid, seen, (0.52, 0, -half[2]), physicsClientId=self.id)
        pybullet.changeDynamics(body, -1, lateralFriction=1.8, physicsClientId=self.id)
        return body

    def _object(self, name: str) -> int:
        numbers, shape = self.factors.numbers, self.factors.shape(name)
        mass, friction = numbers[f"{name}.mass"], numbers[f"{name}.friction"]
        path = write_obj(shape, self._folder / f"{name}.obj")
        seen = pybullet.createVisualShape(
            pybullet.GEOM_MESH, fileName=str(path), rgbaColor=self.factors.colour(name), physicsClientId=self.id
        )
        centre, yaw, (way, lean) = self.factors.stand(name)
        turn = (0.0, 0.0, float(np.sin(yaw / 2)), float(np.cos(yaw / 2)))
        if lean:
            tilt = pybullet.getQuaternionFromAxisAngle((-float(np.sin(way)), float(np.cos(way)), 0.0), lean)
            turn = pybullet.multiplyTransforms((0, 0, 0), tilt, (0, 0, 0), turn)[1]
        body = pybullet.createMultiBody(mass, self._solid(shape), seen, centre, turn, physicsClientId=self.id)
        pybullet.changeDynamics(
            body, -1, lateralFriction=friction, rollingFriction=2e-3, spinningFriction=1e-3,
            localInertiaDiagonal=[mass * moment for moment in shape.inertia], physicsClientId=self.id,
        )  # fmt: skip
        return body

    def _solid(self, shape: Shape) -> int:
        kinds, radii, halves, lengths, centres, turns = [], [], [], [], [], []
        for piece in shape.pieces:
            round_ = isinstance(piece, Cylinder)
            kinds.append(pybullet.GEOM_CYLINDER if round_ else pybullet.GEOM_BOX)
            radii.append(piece.radius if round_ else 0.0)
            lengths.append(piece.height if round_ else 0.0)
            halves.append((0, 0, 0) if round_ else piece.half)
            centres.append(piece.centre)
            turns.append((0, 0, 0, 1) if round_ else piece.rotation)
        return pybullet.createCollisionShapeArray(
            shapeTypes=kinds, radii=radii, halfExtents=halves, lengths=lengths,
            collisionFramePositions=centres, collisionFrameOrientations=turns, physicsClientId=self.id,
        )  # fmt: skip

    # ---- moving ------------------------------------------------------------------------------------------------------

    def move(self, action: np.ndarray) -> np.ndarray:
        """Carry out one action (SUBSTEPS physics steps) and return the action really commanded. Shape (A,)."""
        target, executed = self.action.apply(self.target, action)
        goal = self._inverse(target)
        stretch = np.abs(goal - self.joints) / (panda.SPEED / FPS)
        if stretch.max() > 1.0:  # too fast for a joint: go as far as it may
            share = 1.0 / stretch.max()
            target = between(self.target, target, share)
            goal, executed = self.joints + share * (goal - self.joints), executed * share
            executed[-1] /= share
        if (goal < panda.LOWER).any() or (goal > panda.UPPER).any():  # out of the arm's reach: only the fingers move
            goal = self.joints
            executed[:-1] = 0.0
            target = Pose(self.target.position, self.target.angles, target.width)
        self._run(goal, target.width)
        self.target = self._not_ahead(target)
        return executed

    def _run(self, goal: np.ndarray, width: float) -> None:
        start, self.touched, c = self.joints, {}, self.id
        self.worst = {f"{name}.up": self._up(body) for name, body in self.objects.items()}
        for k in range(1, SUBSTEPS + 1):
            if k % 2:
                self._drive(start + (goal - start) * min(1.0, (k + 1) / SUBSTEPS), width)
            pybullet.stepSimulation(physicsClientId=c)
            if k % WATCH == 0:
                self._watch()
        self.joints = goal

    def _watch(self) -> None:
        """Note contacts, and the worst tilt of every object, within this action."""
        for name, body in self.objects.items():
            up = self._up(body)
            if up[2] < self.worst[f"{name}.up"][2]:
                self.worst[f"{name}.up"] = up
            self._touch(("gripper", name), body, self.robot)
        self._touch(("gripper", "table"), self.table, self.robot)
        for (one, a), (other, b) in combinations(self.objects.items(), 2):
            self._touch((one, other), a, b)

    def _touch(self, pair: tuple[str, str], a: int, b: int) -> None:
        points = pybullet.getContactPoints(a, b, physicsClientId=self.id)
        pressed = [point for point in points if point[9] > 0.0]
        if pressed:
            self.touched[frozenset(pair)] = np.array(max(pressed, key=lambda point: point[9])[5])

    def _not_ahead(self, target: Pose) -> Pose:
        """Keep the command within one step of where the hand really is: a blocked hand winds nothing up."""
        ahead = target.position - self.hand()[0]
        if np.abs(ahead).max() <= self.action.step:
            return target
        position = self.hand()[0] + np.clip(ahead, -self.action.step, self.action.step)
        return Pose(np.clip(position, self.action.low, self.action.high), target.angles, target.width)

    def _inverse(self, pose: Pose) -> np.ndarray:
        """Joint angles for a pose, in more iterations than the default, which is far off. Shape (7,)."""
        solution = pybullet.calculateInverseKinematics(
            self.robot, panda.GRASP_TARGET, pose.position.tolist(), pose.rotation().as_quat().tolist(),
            maxNumIterations=100, residualThreshold=1e-5, physicsClientId=self.id,
        )  # fmt: skip
        return np.array(solution[:7])

    def _place(self, joints: np.ndarray, width: float) -> None:
        for joint, value in [*zip(panda.ARM, joints, strict=True), *((f, width / 2) for f in FINGERS)]:
            pybullet.resetJointState(self.robot, joint, float(value), physicsClientId=self.id)

    def _drive(self, joints: np.ndarray, width: float) -> None:
        pybullet.setJointMotorControlArray(
            self.robot, panda.ARM, pybullet.POSITION_CONTROL, joints.tolist(),
            forces=panda.TORQUE.tolist(), positionGains=[GAIN] * 7, physicsClientId=self.id,
        )  # fmt: skip
        for finger in FINGERS:
            pybullet.setJointMotorControl2(
                self.robot, finger, pybullet.POSITION_CONTROL, width / 2, force=panda.FINGER_FORCE,
                maxVelocity=panda.FINGER_SPEED, physicsClientId=self.id,
            )  # fmt: skip

    # ---- branching ---------------------------------------------------------------------------------------------------

    def mark(self) -> tuple:
        """Remember the state until the next `build`; `rewind` comes near it, up to centimetres off after contact."""
        return pybullet.saveState(physicsClientId=self.id), self.target, self.joints, self.touched, self.worst

    def rewind(self, mark: tuple) -> None:
        """Go back to a mark."""
        state, self.target, self.joints, self.touched, self.worst = mark
        pybullet.restoreState(stateId=state, physicsClientId=self.id)

    # ---- reading -----------------------------------------------------------------------------------------------------

    def hand(self) -> tuple[np.ndarray, np.ndarray]:
        """Position of the grasp target (3,) and rotation matrix of the hand (3, 3)."""
        state = pybullet.getLinkState(
            self.robot, panda.GRASP_TARGET, computeForwardKinematics=1, physicsClientId=self.id
        )
        return np.array(state[4]), Rotation.from_quat(state[5]).as_matrix()

    def fingers(self) -> tuple[float, float]:
        """Opening between the fingers (metres) and the force with which their motors press (newtons)."""
        states = pybullet.getJointStates(self.robot, FINGERS, physicsClientId=self.id)
        return states[0][0] + states[1][0], -(states[0][3] + states[1][3]) / 2

    def proprio(self) -> np.ndarray:
        """What the robot feels: position, pointing and closing axis, opening; commanded position and opening. (14,)."""
        position, rotation = self.hand()
        width, _ = self.fingers()
        felt = [position, rotation[:, 2], rotation[:, 1], [width], self.target.position, [self.target.width]]
        return np.concatenate(felt).astype(np.float32)

    def pose(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Centre (3,) and up axis (3,) of an object."""
        position, _ = pybullet.getBasePositionAndOrientation(self.objects[name], physicsClientId=self.id)
        return np.array(position), self._up(self.objects[name])

    def yaw(self, name: str) -> float:
        """Turn of an object about the vertical, radians."""
        _, turn = pybullet.getBasePositionAndOrientation(self.objects[name], physicsClientId=self.id)
        return float(Rotation.from_quat(turn).as_euler("ZYX")[0])

    def held(self, name: str) -> bool:
        """Whether an object is pinched: each finger presses on it from its own side, not both from above."""
        side = self.hand()[1][:, 1]
        return all(
            any(point[9] > 0.05 and sign * np.dot(point[7], side) > 0.5 for point in self._contacts(name, finger))
            for finger, sign in zip(FINGERS, (1.0, -1.0), strict=True)
        )

    def clearance(self, a: str, b: str) -> float:
        """Distance between two of "gripper" and the objects, negative where they overlap, at most FAR, metres."""
        if a == "gripper":
            near = (
                pybullet.getClosestPoints(self.robot, self.objects[b], FAR, linkIndexA=link, physicsClientId=self.id)
                for link in GRIPPER
            )
            return min((point[8] for points in near for point in points), default=FAR)
        points = pybullet.getClosestPoints(self.objects[a], self.objects[b], FAR, physicsClientId=self.id)
        return min((point[8] for point in points), default=FAR)

    def _contacts(self, name: str, link: int) -> tuple:
        return pybullet.getContactPoints(self.robot, self.objects[name], linkIndexA=link, physicsClientId=self.id)

    def photograph(self, camera: str, size: int, depth: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
        """Take a picture (H, W, 3) uint8 and, if asked for, the depth along the optical axis (H, W) float32 metres."""
        picture, buffer, _ = shoot(self.id, self.factors.numbers, camera, size, pybullet.ER_NO_SEGMENTATION_MASK)
        return picture, metres(buffer) if depth else None

    def survey(self, camera: str, size: int) -> tuple[np.ndarray, np.ndarray]:
        """The same depth, and whether each pixel shows an object. Shapes (H, W), float32 metres and bool."""
        _, buffer, bodies = shoot(self.id, self.factors.numbers, camera, size)
        return metres(buffer), np.isin(bodies, list(self.objects.values()))

    def _up(self, body: int) -> np.ndarray:
        _, (x, y, z, w) = pybullet.getBasePositionAndOrientation(body, physicsClientId=self.id)
        return np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])


def scratch(owner: object) -> Path:
    """A folder for PyBullet's files that lives as long as its owner."""
    folder = Path(tempfile.mkdtemp(prefix="foresee-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder
