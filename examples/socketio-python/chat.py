"""A chat in a terminal, over python-socketio.

python3 chat.py [--server http://localhost:5001] [--name Ada] [--transport websocket|polling|both] [--resume]

A line that you type is said in the room. Whatever is heard is printed, an event a line, as JSON.
"""

import argparse
import json
import sys

import socketio
from engineio.payload import Payload

# Over long polling this client takes 16 packets at a time and breaks off at the 17th; who comes back after a
# while, or listens in a busy room, gets more at once.
Payload.max_decode_packets = 1_000

parser = argparse.ArgumentParser()
parser.add_argument("--server", default="http://localhost:5001")
parser.add_argument("--name", default="Ada")
parser.add_argument("--transport", default="both", choices=["websocket", "polling", "both"])
parser.add_argument("--resume", action="store_true")
arguments = parser.parse_args()

client = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1)
positions = {}


def say(*what):
    # In one piece: each handler runs on a thread of its own.
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def keep(at):
    # Handlers run on threads of their own, so that a later one may be here first.
    known = positions.get(at["topic"])
    if not known or known["epoch"] != at["epoch"] or known["seq"] < at["seq"]:
        positions[at["topic"]] = at


@client.event
def connect():
    say("connect", client.get_sid())


@client.event
def disconnect(reason):
    say("disconnect", reason)


client.on("position", keep)
client.on("reset", keep)
client.on("refused", lambda refusal: say("refused", refusal))
# With --resume the place of what is told comes as one argument more.
client.on("data", lambda said, at=None: say("data", said))


@client.on("my response")
def my_response(said, at=None):
    if at:
        keep(at)
    say("my response", said, client.transport())
    # What a handler returns confirms what it got.
    return "got it"


client.connect(
    arguments.server,
    transports=None if arguments.transport == "both" else [arguments.transport],
    auth=(lambda: {"positions": positions}) if arguments.resume else None,
    wait_timeout=10,
)
for line in sys.stdin:
    said = {"user_name": arguments.name, "message": line.rstrip("\n")}
    client.emit("my event", said, callback=lambda ack: say("ack", ack))
client.disconnect()
