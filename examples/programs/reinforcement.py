"""Learn to walk on slippery ice by trial: deep Q-learning (Mnih et al., Nature 2015) in a small world.

A step goes where it was meant to with probability 0.9, else to one of the two sides. Holes end the walk with −1,
the goal with +1, and each step costs a little. The network sees the map as three pictures (where I am, holes, goal).
The world is small enough to be solved exactly by value iteration, which says how good one can be at all.
"""

from __future__ import annotations

import argparse
from collections import deque

import numpy as np

import netwright as mx
from netwright import autograd, gluon, nd
from netwright.gluon import nn

MAP = ["S....", ".O.O.", ".....", "O..O.", "....G"]
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]
DISCOUNT, COST, SLIP = 0.97, 0.01, 0.1
HEIGHT, WIDTH = len(MAP), len(MAP[0])
BATCH = 64


class World:
    """The map as tables: ``chances[s, a, s']``, ``rewards[s']`` and ``ends[s']``; states are numbered row by row."""

    def __init__(self) -> None:
        cells = [cell for row in MAP for cell in row]
        self.start = cells.index("S")
        self.ends = np.array([cell in "OG" for cell in cells])
        self.rewards = np.array([{"O": -1.0, "G": 1.0}.get(cell, 0.0) for cell in cells]) - COST
        self.chances = np.zeros((len(cells), 4, len(cells)))
        for s in range(len(cells)):
            for a in range(4):
                for turn, chance in ((0, 1 - SLIP), (1, SLIP / 2), (3, SLIP / 2)):
                    self.chances[s, a, self._move(s, (a + turn) % 4)] += chance
        self.pictures = np.zeros((len(cells), 3, HEIGHT, WIDTH), np.float32)
        self.pictures[:, 0] = np.eye(len(cells)).reshape(-1, HEIGHT, WIDTH)
        self.pictures[:, 1] = np.array([cell == "O" for cell in cells]).reshape(HEIGHT, WIDTH)
        self.pictures[:, 2] = np.array([cell == "G" for cell in cells]).reshape(HEIGHT, WIDTH)

    def _move(self, s: int, a: int) -> int:
        row, column = s // WIDTH + MOVES[a][0], s % WIDTH + MOVES[a][1]
        return row * WIDTH + column if 0 <= row < HEIGHT and 0 <= column < WIDTH else s

    def look_ahead(self, values: np.ndarray) -> np.ndarray:
        """The expected return of each action in each state, values being those of the states reached."""
        return np.asarray(self.chances @ (self.rewards + DISCOUNT * np.where(self.ends, 0, values)))

    def judge(self, policy: np.ndarray) -> float:
        """The expected return from the start when ``policy[s]`` is done in each state."""
        values = np.zeros(len(policy))
        for _ in range(500):
            values = self.look_ahead(values)[np.arange(len(policy)), policy]
        return float(values[self.start])

    def solve(self) -> np.ndarray:
        """The best policy, by value iteration."""
        values = np.zeros(HEIGHT * WIDTH)
        for _ in range(500):
            values = self.look_ahead(values).max(axis=1)
        return np.asarray(self.look_ahead(values).argmax(axis=1))


def build_network() -> nn.HybridSequential:
    """From the three pictures to the expected return of each of the four moves."""
    net = nn.HybridSequential()
    net.add(nn.Conv2D(16, 3, padding=1, activation="relu"), nn.Flatten(), nn.Dense(64, activation="relu"), nn.Dense(4))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    return net


def draw(policy: np.ndarray) -> str:
    """The map with an arrow for each move."""
    cells = [cell if cell in "OG" else "↑→↓←"[a] for cell, a in zip("".join(MAP), policy, strict=True)]
    return "\n".join(" ".join(cells[r * WIDTH : (r + 1) * WIDTH]) for r in range(HEIGHT))


def main(steps: int = 6000, seed: int = 0) -> dict[str, float]:
    """Learn from ``steps`` steps; return the learnt policy's exact worth beside the best one's and a random one's."""
    mx.random.seed(seed)
    rng = np.random.default_rng(seed)
    world = World()
    net, target = build_network(), build_network()
    pictures = nd.array(world.pictures)
    net(pictures), target(pictures)  # finds the shapes

    def copy_to_target() -> None:
        for mine, theirs in zip(net.collect_params().values(), target.collect_params().values(), strict=True):
            theirs.set_data(mine.data())

    copy_to_target()
    schedule = mx.lr_scheduler.PolyScheduler(max_update=steps, base_lr=0.003, pwr=1)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"lr_scheduler": schedule})
    loss_function = gluon.loss.L2Loss()
    memory: deque[tuple[int, int, float, int, bool]] = deque(maxlen=20_000)
    safe = np.flatnonzero(~world.ends)  # a walk begins anywhere, so that all of the world is seen
    state = world.start
    best = world.judge(world.solve())
    for step in range(steps):
        exploring = rng.random() < max(0.2, 1 - step / (0.5 * steps))
        action = int(rng.integers(4)) if exploring else int(net(pictures[state : state + 1]).argmax(axis=1).asscalar())
        reached = int(rng.choice(HEIGHT * WIDTH, p=world.chances[state, action]))
        memory.append((state, action, world.rewards[reached], reached, bool(world.ends[reached])))
        state = int(rng.choice(safe)) if world.ends[reached] else reached
        if len(memory) >= 200:
            chosen = [memory[i] for i in rng.integers(0, len(memory), BATCH)]
            s, a, r, s_next, ended = (np.array(column) for column in zip(*chosen, strict=True))
            # double Q-learning (van Hasselt et al. 2016): one network chooses, the other judges
            choice = net(nd.take(pictures, nd.array(s_next))).argmax(axis=1)
            worth = nd.pick(target(nd.take(pictures, nd.array(s_next))), choice)
            wanted = nd.array(r) + DISCOUNT * nd.array(1 - ended) * worth
            with autograd.record():
                loss = loss_function(nd.pick(net(nd.take(pictures, nd.array(s))), nd.array(a)), wanted)
            loss.backward()
            trainer.step(BATCH)
        if step % 200 == 0:
            copy_to_target()
        if (step + 1) % (steps // 6) == 0:
            worth_now = world.judge(net(pictures).asnumpy().argmax(axis=1))
            print(f"step {step + 1}: expected return {worth_now:.3f} (the best: {best:.3f})")
    policy = net(pictures).asnumpy().argmax(axis=1)
    result = {
        "worth": world.judge(policy),
        "best_worth": best,
        "random_worth": float(np.mean([world.judge(rng.integers(0, 4, HEIGHT * WIDTH)) for _ in range(200)])),
    }
    print(draw(policy))
    print(
        f"expected return {result['worth']:.3f} (the best there is: {best:.3f}, "
        f"moves at random: {result['random_worth']:.3f})"
    )
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
