"""Logistic regression by gradient descent, in the standard library: trains on all folds of a made data set but one.

With options, it trains once and prints what came of it; without, it is a worker that trains for one task after the
other.
"""

import argparse
import functools
import json
import math
import random
import sys

FOLDS = 5
STEPS = 60


@functools.cache
def data():
    """200 points of two overlapping classes: (features with a constant one, class)."""
    random_numbers = random.Random(2024)
    rows = []
    for index in range(200):
        label = index % 2
        center = 0.8 if label else -0.8
        rows.append(([1.0, random_numbers.gauss(center, 1), random_numbers.gauss(-center, 1.5)], label))
    return rows


def probability(weights, features):
    return 1 / (1 + math.exp(-sum(weight * feature for weight, feature in zip(weights, features))))


def train(rows, rate, penalty):
    weights = [0.0, 0.0, 0.0]
    for _ in range(STEPS):
        gradient = [penalty * weight for weight in weights]
        for features, label in rows:
            error = probability(weights, features) - label
            gradient = [old + error * feature / len(rows) for old, feature in zip(gradient, features)]
        weights = [weight - rate * slope for weight, slope in zip(weights, gradient)]
    return weights


def test(rows, weights):
    loss = 0.0
    right = 0
    for features, label in rows:
        chance = probability(weights, features)
        loss -= math.log(chance if label else 1 - chance)
        right += (chance > 0.5) == bool(label)
    return {"loss": loss / len(rows), "accuracy": right / len(rows)}


def learn(rate, penalty, fold):
    rows = data()
    learned = [row for index, row in enumerate(rows) if index % FOLDS != fold]
    held_out = [row for index, row in enumerate(rows) if index % FOLDS == fold]
    return test(held_out, train(learned, rate, penalty))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--penalty", type=float, required=True)
    parser.add_argument("--fold", type=int, required=True)
    options = parser.parse_args()
    print(json.dumps(learn(options.rate, options.penalty, options.fold)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:
        from fanfold_worker import serve

        serve(learn)
