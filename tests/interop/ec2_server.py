"""Serves moto's EC2 alone at / and at /awsapi on a port of its own, which it prints, behind a check of Signature Version 2 that
is written here by Amazon's documentation and not with the program's code. A key pair of the environment (EC2_KEY, EC2_SECRET) is
the only one that may call; EC2_VERSION is the only version that is taken where it is set, as CloudStack's servlet takes one.
Ends when its standard input does."""

import base64
import hashlib
import hmac
import io
import os
import sys
import threading
from urllib.parse import parse_qsl, quote

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import make_server

KEY, SECRET = os.environ["EC2_KEY"], os.environ["EC2_SECRET"]
VERSION = os.environ.get("EC2_VERSION")
DIGESTS = {"HmacSHA1": hashlib.sha1, "HmacSHA256": hashlib.sha256}


class Refused(Exception):
    """A status and what a page says of it."""


def checked(app):
    def call(environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            check(environ, body)
        except Refused as refused:
            status, text = refused.args
            page = f"<html><head><title>Error report</title></head><body><h1>HTTP Status {status} - {text}</h1></body></html>"
            kind, text = ("text/plain", text) if status == 403 else ("text/html", page)
            start_response(f"{status} {'Forbidden' if status == 403 else 'Refused'}", [("Content-Type", kind)])
            return [text.encode()]
        environ["wsgi.input"] = io.BytesIO(body)
        if environ.get("PATH_INFO", "").rstrip("/") == "/awsapi":
            environ["PATH_INFO"] = "/"
        return app(environ, start_response)

    return call


def check(environ, body):
    sent = environ["QUERY_STRING"] if environ["REQUEST_METHOD"] == "GET" else body.decode()
    params = dict(parse_qsl(sent, keep_blank_values=True, strict_parsing=True))
    for name in ["AWSAccessKeyId", "Signature", "SignatureMethod", "Version", "SignatureVersion"]:
        if name not in params:
            raise Refused(530, f"Missing {name} parameter")
    if ("Timestamp" in params) == ("Expires" in params):
        raise Refused(530, "One of Timestamp and Expires is wanted")
    if VERSION and params["Version"] != VERSION:
        raise Refused(531, f"Unsupported Version value: {params['Version']}")
    if params["SignatureVersion"] != "2" or params["SignatureMethod"] not in DIGESTS:
        raise Refused(531, "Unsupported SignatureVersion or SignatureMethod value")
    if params["AWSAccessKeyId"] != KEY:
        raise Refused(404, "")
    path = environ["RAW_URI"].split("?")[0] or "/"
    signed = "&".join(
        f"{quote(name, safe='-_.~')}={quote(params[name], safe='-_.~')}" for name in sorted(params) if name != "Signature"
    )
    text = "\n".join([environ["REQUEST_METHOD"], environ["HTTP_HOST"].lower(), path, signed])
    digest = hmac.new(SECRET.encode(), text.encode(), DIGESTS[params["SignatureMethod"]]).digest()
    if not hmac.compare_digest(base64.b64encode(digest).decode(), params["Signature"]):
        raise Refused(403, "Access denied")


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, checked(create_backend_app("ec2")), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}/awsapi", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
