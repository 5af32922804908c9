"""A pytest plugin for Google's Firestore tests: they also run what they skip on an emulator."""

import os

from google.cloud.firestore import Client
from google.cloud.firestore_v1.vector import Vector

# What the tests of nearest neighbours expect to find.
STORED = [([1.0, 2.0, 3.0], "red"), ([2.0, 2.0, 3.0], "red"), ([3.0, 4.0, 5.0], "yellow")]


def pytest_sessionstart(session):
    collection = Client(project=os.environ["GCLOUD_PROJECT"]).collection("vector_search")
    for embedding, color in STORED:
        collection.document(color + str(embedding[0])).set({"embedding": Vector(embedding), "color": color})


def pytest_collection_modifyitems(items):
    for item in items:
        item.own_markers = [mark for mark in item.own_markers if mark.name != "skipif"]
