"""Moto's CloudWatch with one metric in it, and with signatures checked from then on.

Says where it listens and by which key it is asked; ends with its standard input.
"""

import datetime
import json
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
at = {"endpoint_url": f"http://{host}:{port}", "region_name": REGION}
at |= {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}

users = boto3.client("iam", **at)
users.create_user(UserName="viridian")
allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
users.put_user_policy(UserName="viridian", PolicyName="reads", PolicyDocument=policy)
key = users.create_access_key(UserName="viridian")["AccessKey"]

metrics = boto3.client("cloudwatch", **at)
now = datetime.datetime.now(datetime.timezone.utc)
for minutes, value in [(3, 7.0), (2, 12.5)]:
    datum = {
        "MetricName": "Faults",
        "Dimensions": [{"Name": "Release", "Value": "parcels-v2"}],
        "Timestamp": now - datetime.timedelta(minutes=minutes),
        "Value": value,
        "Unit": "Count",
    }
    metrics.put_metric_data(Namespace="Gpu", MetricData=[datum])

# From the next request on, Moto asks whether the signature fits and whether the user may.
plain = {"content-type": "text/plain"}
reset = f"http://{host}:{port}/moto-api/reset-auth"
request = urllib.request.Request(reset, data=b"0", headers=plain, method="POST")
urllib.request.urlopen(request).close()

print("moto", port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
server.stop()
