#!/usr/bin/env python3
"""Makes catalogue.txt: the actions of Naver Cloud's services as its Go SDK describes them, a line each.

    python3 catalogue.py ACTIONS.json > catalogue.txt

ACTIONS.json has `services`: of each its name, its `actions` (name, params with type, required and list, and the
response with its list and item type) and its `objects` (the fields of each type), as taken from the SDK's models.
"""

import json
import sys

KINDS = {"string": "", "integer": "i", "long": "l", "float": "f", "boolean": "b"}


def spec(field):
    kind = field["type"]
    kind = kind.removeprefix("object:") if kind.startswith("object:") else KINDS[kind]
    if field["list"]:
        kind = f"[{kind}]"
    return field["name"] + (f":{kind}" if kind else "")


def used(kind, objects, found):
    """The types that are met from one on, each once."""
    if kind in objects and kind not in found:
        found.append(kind)
        for field in objects[kind]:
            used(field["type"].removeprefix("object:"), objects, found)


def main(path):
    with open(path, encoding="utf-8") as file:
        source = json.load(file)
    print(f"# Made by catalogue.py from {source['source'].split(',')[0]}.")
    print("# @ SERVICE, its types (= TYPE FIELD…) and its actions (ACTION TYPE PARAMETER…, or with fields in place of a type: -FIELD,…).")
    print("# After a name `:` and what it is: i, l, f and b for numbers and truth, a type, [] for a list; `!` is required.")
    for service in source["services"]:
        print(f"@ {service['service']}")
        objects, found = service["objects"], []
        for action in service["actions"]:
            used(action["response"]["item_type"], objects, found)
            for param in action["params"]:
                used(param["type"].removeprefix("object:"), objects, found)
        for kind in found:
            fields = [spec(field) + ("!" if field.get("required") else "") for field in objects[kind]]
            print(f"= {kind} {' '.join(fields)}")
        for action in service["actions"]:
            answer = action["response"]
            rows = answer["item_type"] or "-" + ",".join(answer.get("extra_fields", []))
            # Every action takes it, so that no line says so.
            params = [param for param in action["params"] if param["name"] != "responseFormatType"]
            params = [spec(param) + ("!" if param["required"] else "") for param in params]
            print(f"{action['name']} {rows} {' '.join(params)}".rstrip())


main(sys.argv[1])
