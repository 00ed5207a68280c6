"""Prints vectors of Signature Version 2 as botocore makes them, in the form of tests/recorded/ec2/signing.json: calls with
letters that are encoded or not, hosts with and without a port, paths with and without a slash, both digests, both methods.
The first vector is Amazon's own, from the documentation of Elastic MapReduce."""

import base64
import hashlib
import hmac
import json

from botocore.auth import SigV2Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AMAZON = {
    "name": "Amazon's own, of the Elastic MapReduce documentation",
    "method": "GET",
    "url": "https://elasticmapreduce.amazonaws.com",
    "digest": "HmacSHA256",
    "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "params": [
        ["Action", "DescribeJobFlows"],
        ["Version", "2009-03-31"],
        ["AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE"],
        ["SignatureVersion", "2"],
        ["SignatureMethod", "HmacSHA256"],
        ["Timestamp", "2011-10-03T15:19:30"],
    ],
    "string_to_sign": "GET\nelasticmapreduce.amazonaws.com\n/\n"
    "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SignatureMethod=HmacSHA256&SignatureVersion=2"
    "&Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31",
    "signature": "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=",
}

COMMON = [
    ["AWSAccessKeyId", "AKIDEXAMPLE"],
    ["SignatureVersion", "2"],
    ["SignatureMethod", "HmacSHA256"],
    ["Version", "2012-08-15"],
]
STAMP = ["Timestamp", "2026-11-22T01:02:55Z"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PLAIN = "https://compute.example.org/awsapi"

CASES = [
    ("a list", "GET", PLAIN, "HmacSHA256", [["Action", "DescribeInstances"], STAMP]),
    ("a body", "POST", PLAIN, "HmacSHA256", [["Action", "DescribeInstances"], STAMP]),
    ("SHA1", "GET", PLAIN, "HmacSHA1", [["Action", "DescribeInstances"], STAMP]),
    ("Expires", "GET", PLAIN, "HmacSHA256", [["Action", "DescribeInstances"], ["Expires", "2026-11-22T01:12:55Z"]]),
    ("a slash at the end", "GET", PLAIN + "/", "HmacSHA256", [["Action", "DescribeInstances"], STAMP]),
    ("no path", "GET", "https://compute.example.org", "HmacSHA256", [["Action", "DescribeInstances"], STAMP]),
    ("the servlet's path", "GET", PLAIN + "/rest/AmazonEC2", "HmacSHA256", [["Action", "DescribeImages"], STAMP]),
    ("a port", "GET", "http://127.0.0.1:7080/awsapi", "HmacSHA256", [["Action", "DescribeImages"], STAMP]),
    ("ten ids and more", "GET", PLAIN, "HmacSHA256",
     [["Action", "StopInstances"], STAMP] + [[f"InstanceId.{n}", f"i-{n}"] for n in range(1, 13)]),
    ("blanks, stars, tildes and signs", "GET", PLAIN, "HmacSHA256",
     [["Action", "CreateImage"], STAMP, ["InstanceId", "i-1"], ["Name", "a b*c~d+e/f=g&h%i:j,k;l"], ["Description", ""]]),
    ("letters beyond ASCII", "POST", PLAIN, "HmacSHA256",
     [["Action", "CreateImage"], STAMP, ["InstanceId", "i-1"], ["Name", "日本語 é 😀"]]),
    ("base64", "POST", PLAIN, "HmacSHA256",
     [["Action", "RunInstances"], STAMP, ["ImageId", "ami-1"], ["MinCount", "1"], ["MaxCount", "1"],
      ["UserData", base64.b64encode(b"#!/bin/sh\n\xff>?").decode()]]),
    ("a group's rule", "GET", PLAIN, "HmacSHA1",
     [["Action", "AuthorizeSecurityGroupIngress"], STAMP, ["GroupName", "web"], ["IpPermissions.1.IpProtocol", "tcp"],
      ["IpPermissions.1.FromPort", "80"], ["IpPermissions.1.ToPort", "80"],
      ["IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"], ["IpPermissions.1.Groups.1.UserId", "1"]]),
]


def signed(name, method, url, digest, params):
    """What botocore signs and how. It knows SHA-256 alone, of which SHA-1 is told to it in its place."""
    params = [[key, digest if key == "SignatureMethod" else value] for key, value in COMMON + params]
    seen = []

    class Seen(SigV2Auth):
        def calc_signature(self, request, params):
            original = hmac.new

            def new(key, msg=b"", digestmod=None):
                made = original(key, msg, hashlib.sha1 if digest == "HmacSHA1" else digestmod)
                update = made.update

                class Told:
                    def update(self, text):
                        seen.append(text.decode())
                        update(text)

                    def digest(self):
                        return made.digest()

                return Told()

            hmac.new = new
            try:
                return super().calc_signature(request, params)
            finally:
                hmac.new = original

    request = AWSRequest(method=method, url=url, data={})
    _, signature = Seen(Credentials("AKIDEXAMPLE", SECRET)).calc_signature(request, dict(params))
    return {"name": name, "method": method, "url": url, "digest": digest, "secret": SECRET, "params": params,
            "string_to_sign": "".join(seen), "signature": signature}


if __name__ == "__main__":
    print(json.dumps({
        "source": "the first: Amazon's documentation; the others: botocore's SigV2Auth, by tests/interop/sign_vectors.py",
        "vectors": [AMAZON] + [signed(*case) for case in CASES],
    }, indent=1, ensure_ascii=False))
