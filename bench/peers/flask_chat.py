"""Flask-SocketIO on gevent: it relays each text to all clients.

    PYTHONPATH=… MADANG_PEER_PORT=… python3 flask_chat.py

The file must not have the name of a package that it imports.
"""

from gevent import monkey

monkey.patch_all()

import os
import signal
import sys

import gevent
from flask import Flask
from flask_socketio import SocketIO, emit

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent")


@socketio.on("data")
def data(text):
    emit("data", text, broadcast=True)


def announce():
    while not (socketio.wsgi_server and socketio.wsgi_server.started):
        gevent.sleep(0.01)
    print(f"Flask-SocketIO is listening on http://127.0.0.1:{port}", flush=True)


port = int(os.environ["MADANG_PEER_PORT"])
gevent.signal_handler(signal.SIGTERM, sys.exit, 0)
gevent.spawn(announce)
socketio.run(app, host="127.0.0.1", port=port)
