"""firebase-admin against our emulators: task queues and Firestore."""

import datetime
import json
import uuid

import firebase_admin
import pytest
from firebase_admin import credentials, firestore, functions
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import FieldFilter


class Anybody(credentials.Base):
    def get_credential(self):
        return AnonymousCredentials()


@pytest.fixture
def app():
    app = firebase_admin.initialize_app(Anybody(), {"projectId": "my-project"}, name=str(uuid.uuid4()))
    yield app
    firebase_admin.delete_app(app)


@pytest.fixture
def queue(app):
    """The queue `mail`, which the runner creates."""
    return functions.task_queue("locations/europe-west1/functions/mail", app=app)


def test_task_arrives_with_its_data_and_a_token(queue, target):
    queue.enqueue({"to": "ann"}, functions.TaskOptions(uri=f"{target.url}/work"))
    _, path, headers, body = target.next()
    assert path == "/work"
    assert json.loads(body) == {"to": "ann"}
    assert headers["Authorization"].startswith("Bearer ")


def test_task_has_the_name_that_it_was_given(queue, target):
    name = str(uuid.uuid4())
    options = functions.TaskOptions(uri=target.url, task_id=name, schedule_delay_seconds=3600)
    assert queue.enqueue({}, options) == name
    with pytest.raises(firebase_admin.exceptions.FirebaseError) as error:
        queue.enqueue({}, options)
    assert error.value.code == firebase_admin.exceptions.ALREADY_EXISTS
    queue.delete(name)


def test_task_waits_until_it_is_due(queue, target):
    due = datetime.datetime.now() + datetime.timedelta(seconds=2)
    queue.enqueue({}, functions.TaskOptions(uri=f"{target.url}/later", schedule_time=due))
    assert target.received.empty()
    assert target.next()[1] == "/later"


def test_documents_are_stored(app):
    cities = firestore.client(app).collection(f"cities-{uuid.uuid4()}")
    cities.document("ber").set({"people": 3, "at": firestore.SERVER_TIMESTAMP})
    cities.document("ber").update({"people": firestore.Increment(1)})
    assert [city.get("people") for city in cities.where(filter=FieldFilter("people", ">", 3)).stream()] == [4]
