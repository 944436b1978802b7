"""Trains three classifiers of handwritten digits and writes them down as a model repository that MLServer serves.

    python digits_models.py DIRECTORY HTTP_PORT

DIRECTORY becomes the model repository: model `digits` in the versions v1, v2 and v3. v1 and v3 are trained alike on
different draws of the same digits; v2 learned from labels of which 30 % were shuffled. `digits.json` beside them holds
the digits that no version has seen, with their true labels. Prints the accuracy of each version on them as JSON.
"""

import json
import sys
from pathlib import Path

import joblib
import numpy
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

# Seed of the draw of the training digits, and the share of their labels that is shuffled.
VERSIONS = {"v1": (1, 0.0), "v2": (4, 0.3), "v3": (2, 0.0)}
# Of the half of the digits that may be learned from, each version sees so many.
TRAINING_DIGITS = 800
# Weak regularisation lets a model follow wrong labels too: that is what makes v2 bad.
REGULARISATION = 10.0
MOST_ITERATIONS = 300


def main(directory, port):
    images, labels = load_digits(return_X_y=True)
    images = images / images.max()
    split = train_test_split(images, labels, test_size=0.5, random_state=0, stratify=labels)
    learned_images, unseen_images, learned_labels, unseen_labels = split
    accuracy = {}
    for version, (seed, shuffled) in VERSIONS.items():
        model = train(learned_images, learned_labels, seed, shuffled)
        write_model(directory / "digits" / version, version, model)
        accuracy[version] = round(float(model.score(unseen_images, unseen_labels)), 4)
    unseen = {"images": unseen_images.tolist(), "labels": unseen_labels.tolist()}
    (directory / "digits.json").write_text(json.dumps(unseen))
    write_settings(directory, port)
    print(json.dumps(accuracy))


def train(images, labels, seed, shuffled):
    chance = numpy.random.default_rng(seed)
    drawn = chance.permutation(len(labels))[:TRAINING_DIGITS]
    images, labels = images[drawn], labels[drawn].copy()
    wrong = chance.permutation(TRAINING_DIGITS)[: int(shuffled * TRAINING_DIGITS)]
    labels[wrong] = chance.permutation(labels[wrong])
    return LogisticRegression(C=REGULARISATION, max_iter=MOST_ITERATIONS).fit(images, labels)


def write_model(directory, version, model):
    directory.mkdir(parents=True)
    joblib.dump(model, directory / "model.joblib")
    settings = {
        "name": "digits",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": version},
    }
    (directory / "model-settings.json").write_text(json.dumps(settings))


def write_settings(directory, port):
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": 0,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
        "environments_dir": str(directory / ".environments"),
    }
    (directory / "settings.json").write_text(json.dumps(settings))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
