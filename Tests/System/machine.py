"""What every demonstration asks of the machine that it runs on: a port that nobody has, and to wait
until something is true. It decides nothing about symphony.
"""
import socket
import time


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def wait_until(holds, seconds=60, pause=0.2):
    """The first true answer; the last one when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(pause)
