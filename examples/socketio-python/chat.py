"""A chat in a terminal, over python-socketio.

python3 chat.py [--server http://localhost:5001] [--name Ada] [--transport websocket|polling|both] [--resume]

Each line that you type is sent to the room. Each event that arrives is printed as one line of JSON.
"""

import argparse
import json
import sys

import socketio
from engineio.payload import Payload

# Over long polling this library accepts 16 packets at a time and disconnects if there are more, as after an absence
# or in a busy room.
Payload.max_decode_packets = 1_000

parser = argparse.ArgumentParser()
parser.add_argument("--server", default="http://localhost:5001")
parser.add_argument("--name", default="Ada")
parser.add_argument("--transport", default="both", choices=["websocket", "polling", "both"])
parser.add_argument("--resume", action="store_true")
arguments = parser.parse_args()

client = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1)
positions = {}


def print_event(*values):
    # One write for the whole line, because each handler runs on a thread of its own.
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def keep_position(at):
    # Each handler runs on a thread of its own, so a later event may be handled first.
    known = positions.get(at["topic"])
    if not known or known["epoch"] != at["epoch"] or known["seq"] < at["seq"]:
        positions[at["topic"]] = at


@client.event
def connect():
    print_event("connect", client.get_sid())


@client.event
def disconnect(reason):
    print_event("disconnect", reason)


client.on("position", keep_position)
client.on("reset", keep_position)
client.on("refused", lambda refusal: print_event("refused", refusal))
# With --resume, the position of the event is an additional argument.
client.on("data", lambda message, at=None: print_event("data", message))


@client.on("my response")
def my_response(message, at=None):
    if at:
        keep_position(at)
    print_event("my response", message, client.transport())
    # The returned value is the acknowledgement of the event.
    return "got it"


client.connect(
    arguments.server,
    transports=None if arguments.transport == "both" else [arguments.transport],
    auth=(lambda: {"positions": positions}) if arguments.resume else None,
    wait_timeout=10,
)
for line in sys.stdin:
    message = {"user_name": arguments.name, "message": line.rstrip("\n")}
    client.emit("my event", message, callback=lambda ack: print_event("ack", ack))
client.disconnect()
