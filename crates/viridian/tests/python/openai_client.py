"""What the official OpenAI client returns and raises when its base URL is a gateway of Viridian.

    python openai_client.py GATEWAY_HOST:PORT

The gateway serves two applications: `support`, behind a model server whose model `broken-off` breaks off its streams
and whose model `unwell` fails, and `down`, behind nothing. Each check is a function; the first that fails ends the run.
"""

import json
import sys
import urllib.request

import openai

ANSWER = "It will arrive on Monday."
QUESTION = [{"role": "user", "content": "Where is my parcel?"}]


class Gateway:
    """A gateway and the requests it was asked by its clients."""

    def __init__(self, address):
        self.address = address
        self.requests = 0

    def client(self, path, **options):
        http_client = openai.DefaultHttpxClient(event_hooks={"request": [self.count]})
        base_url = f"http://{self.address}{path}"
        return openai.OpenAI(base_url=base_url, api_key="unused", http_client=http_client, **options)

    def count(self, _request):
        self.requests += 1


def check_completion_by_path(gateway):
    completion = gateway.client("/apps/support/v1").chat.completions.create(model="small", messages=QUESTION)
    assert completion.choices[0].message.content == ANSWER, completion
    assert completion.model == "small", "the caller's model stands when the release names none"
    assert completion.usage.completion_tokens == 5, completion
    assert completion._request_id.startswith("vr_"), completion._request_id


def check_completion_by_model(gateway):
    completion = gateway.client("/v1").chat.completions.create(model="support", messages=QUESTION)
    assert completion.choices[0].message.content == ANSWER, completion


def check_headers(gateway):
    client = gateway.client("/v1")
    response = client.chat.completions.with_raw_response.create(
        model="support", messages=QUESTION, extra_headers={"x-viridian-user": "ada"}
    )
    assert response.headers["x-viridian-release"] == "v1", response.headers
    assert response.headers["x-viridian-arm"] == "baseline", response.headers
    assert response.parse().choices[0].message.content == ANSWER


def check_stream(gateway):
    for path, model in [("/apps/support/v1", "small"), ("/v1", "support")]:
        stream = gateway.client(path).chat.completions.create(model=model, messages=QUESTION, stream=True)
        assert stream.response.headers["x-request-id"].startswith("vr_")
        chunks = list(stream)
        words = [chunk.choices[0].delta.content or "" for chunk in chunks]
        assert len(words) == 6 and "".join(words) == ANSWER, words
        assert chunks[-1].choices[0].finish_reason == "stop", chunks[-1]


def check_stream_with_usage(gateway):
    stream = gateway.client("/v1").chat.completions.create(
        model="support", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = stream
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
    assert last.choices == [] and last.usage.total_tokens == 12, last


def check_broken_stream(gateway):
    stream = gateway.client("/apps/support/v1").chat.completions.create(
        model="broken-off", messages=QUESTION, stream=True
    )
    words = []
    error = raised(openai.APIError, lambda: words.extend(chunk.choices[0].delta.content for chunk in stream))
    assert words == ["It", " will"], words
    assert error.code == "upstream_broke_off", error


def check_stream_abandoned(gateway):
    client = gateway.client("/v1")
    with client.chat.completions.create(model="support", messages=QUESTION, stream=True) as stream:
        next(iter(stream))
    completion = client.chat.completions.create(model="support", messages=QUESTION)
    assert completion.choices[0].message.content == ANSWER


def check_models(gateway):
    listed = {model.id for model in gateway.client("/v1").models.list()}
    assert listed == {"support", "down"}, listed
    listed = {model.id for model in gateway.client("/apps/support/v1").models.list()}
    assert listed == {"support"}, listed


def check_unknown_model(gateway):
    client = gateway.client("/v1")
    error = raised(openai.NotFoundError, lambda: client.chat.completions.create(model="nobody", messages=QUESTION))
    assert error.code == "unknown_application" and error.param == "model", error.body
    assert "nobody" in error.message, error
    assert error.request_id.startswith("vu_"), error.response.headers


def check_malformed_body(gateway):
    client = gateway.client("/v1")
    headers = {"headers": {"content-type": "application/json"}}
    send = lambda: client.post("/chat/completions", cast_to=object, content=b'{"model": "supp', options=headers)
    error = raised(openai.BadRequestError, send)
    assert error.type == "invalid_request_error" and error.code == "malformed_json", error.body


def check_upstream_down(gateway):
    client = gateway.client("/v1", max_retries=2)
    before = gateway.requests
    error = raised(
        openai.InternalServerError, lambda: client.chat.completions.create(model="down", messages=QUESTION)
    )
    assert error.status_code == 502 and error.code == "upstream_unreachable", error.body
    assert error.request_id.startswith("vr_"), error.response.headers
    assert error.response.headers["x-should-retry"] == "false", error.response.headers
    sent = gateway.requests - before
    assert sent == 1, f"{sent} requests, although the gateway has tried what can be tried"


def check_upstream_error_passes(gateway):
    client = gateway.client("/apps/support/v1", max_retries=0)
    error = raised(
        openai.InternalServerError, lambda: client.chat.completions.create(model="unwell", messages=QUESTION)
    )
    assert error.status_code == 500 and "out of memory" in error.message, error


def check_feedback(gateway):
    completion = gateway.client("/v1").chat.completions.create(model="support", messages=QUESTION)
    feedback = {"id": completion._request_id, "value": True}
    status, answer = post(f"http://{gateway.address}/v1/feedback", feedback)
    assert status < 300 and answer["accepted"] == 1, (status, answer)


def raised(kind, function):
    try:
        result = function()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised, but there was {result!r}")


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return response.status, json.load(response)


def main(address):
    checks = {name: check for name, check in globals().items() if name.startswith("check_")}
    for name, check in checks.items():
        check(Gateway(address))
        print(f"ok {name.removeprefix('check_')}", flush=True)
    print(f"{len(checks)} checks passed")


if __name__ == "__main__":
    main(sys.argv[1])
