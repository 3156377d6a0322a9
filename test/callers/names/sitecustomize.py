"""What the network of compose.yaml knows, on one machine: every service is here."""
import os
import socket

SERVICES = os.environ["SERVICES"].split(",")
resolve = socket.getaddrinfo


def getaddrinfo(host, *rest, **more):
    return resolve("127.0.0.1" if host in SERVICES else host, *rest, **more)


socket.getaddrinfo = getaddrinfo
