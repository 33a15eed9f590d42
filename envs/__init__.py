"""Environments: worlds with cameras, true scene quantities and a robot."""

from gymnasium.envs.registration import register

register("foresee/RedCup-v1", entry_point="foresee.envs.red_cup:RedCup")
register("foresee/Tabletop-v0", entry_point="foresee.envs.tabletop:Tabletop")
register("foresee/Rail-v0", entry_point="foresee.envs.rail:Rail")
