"""Callers of the application `digits`: each sends handwritten digits to a gateway, one after the other over one
connection, compares the answers with the true labels, and sends back as feedback whether they were right.

    python digits_callers.py GATEWAY_HOST:PORT DIGITS_JSON CALLERS

Goes on until its standard input ends; then prints as JSON what the callers saw.
"""

import http.client
import json
import random
import sys
import threading
from collections import Counter

PATH = "/v2/models/digits/infer"
# Far longer than any answer takes, so that a slow machine is not mistaken for a broken gateway.
TIMEOUT_SECONDS = 60


class Caller:
    """One caller with one connection."""

    def __init__(self, gateway, digits, seed):
        self.connection = http.client.HTTPConnection(gateway, timeout=TIMEOUT_SECONDS)
        self.digits = digits
        self.chance = random.Random(seed)
        self.served = Counter()
        self.right = Counter()
        self.feedback_accepted = 0
        self.faults = Counter()

    def call_until(self, stopped):
        while not stopped.is_set():
            try:
                self.call()
            except (OSError, http.client.HTTPException) as error:
                self.faults[f"{type(error).__name__}: {error}"] += 1
                self.connection.close()

    def call(self):
        image, label = self.chance.choice(self.digits)
        status, headers, answer = self.post(PATH, inference(image))
        if status != 200:
            self.faults[f"{status} from {PATH}: {answer}"] += 1
            return
        release = headers["x-viridian-release"]
        right = answer["outputs"][0]["data"] == [label]
        self.served[release] += 1
        self.right[release] += right
        if answer["model_version"] != release:
            self.faults[f"{answer['model_version']} answered for {release}"] += 1
        self.send_feedback(headers["x-request-id"], right)

    def send_feedback(self, request_id, right):
        status, _, answer = self.post("/v1/feedback", {"id": request_id, "value": right})
        if status >= 300 or answer["accepted"] != 1:
            self.faults[f"{status} from /v1/feedback: {answer}"] += 1
        else:
            self.feedback_accepted += 1

    def post(self, path, body):
        headers = {"content-type": "application/json"}
        self.connection.request("POST", path, json.dumps(body), headers)
        response = self.connection.getresponse()
        return response.status, response.headers, json.loads(response.read())


def inference(image):
    tensor = {"name": "image", "shape": [1, len(image)], "datatype": "FP64", "data": image}
    return {"inputs": [tensor]}


def main(gateway, digits_file, count):
    with open(digits_file) as file:
        unseen = json.load(file)
    digits = list(zip(unseen["images"], unseen["labels"]))
    stopped = threading.Event()
    callers = [Caller(gateway, digits, seed) for seed in range(count)]
    threads = [threading.Thread(target=caller.call_until, args=(stopped,)) for caller in callers]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stopped.set()
    for thread in threads:
        thread.join()
    total = lambda counters: dict(sum(counters, Counter()))
    print(json.dumps({
        "served": total(caller.served for caller in callers),
        "right": total(caller.right for caller in callers),
        "feedbackAccepted": sum(caller.feedback_accepted for caller in callers),
        "faults": total(caller.faults for caller in callers),
    }))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
