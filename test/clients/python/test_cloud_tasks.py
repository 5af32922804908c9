"""google-cloud-tasks against our emulator, over gRPC and REST: each of the client's calls."""

import datetime
import uuid

import grpc
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport, CloudTasksRestTransport
from google.iam.v1 import policy_pb2
from google.protobuf import field_mask_pb2

LOCATION = "projects/my-project/locations/europe-west1"


def over_grpc(host):
    return CloudTasksGrpcTransport(channel=grpc.insecure_channel(host))


def over_rest(host):
    return CloudTasksRestTransport(host=host, url_scheme="http", credentials=AnonymousCredentials())


@pytest.fixture(params=[over_grpc, over_rest])
def client(request, emulator_host):
    with tasks_v2.CloudTasksClient(transport=request.param(emulator_host)) as client:
        yield client


@pytest.fixture
def queue(client):
    return client.create_queue(parent=LOCATION, queue={"name": f"{LOCATION}/queues/q-{uuid.uuid4()}"})


def later(**duration):
    return datetime.datetime.now(tz=datetime.timezone.utc) + datetime.timedelta(**duration)


def waiting(target, **fields):
    """A task that isn't due."""
    return {"http_request": {"url": f"{target.url}/work"}, "schedule_time": later(hours=1), **fields}


def test_queue_has_the_defaults(client, queue):
    assert queue.state == tasks_v2.Queue.State.RUNNING
    assert queue.rate_limits.max_burst_size == 100
    assert queue.retry_config.max_attempts == 100
    assert client.get_queue(name=queue.name) == queue


def test_queues_are_listed_by_pages(client, queue):
    names = [other.name for other in client.list_queues(request={"parent": LOCATION, "page_size": 1})]
    assert queue.name in names
    assert len(set(names)) == len(names)


def test_queue_is_updated_by_a_mask(client, queue):
    wanted = {"name": queue.name, "rate_limits": {"max_concurrent_dispatches": 7}, "retry_config": {"max_attempts": 3}}
    mask = field_mask_pb2.FieldMask(paths=["rate_limits.max_concurrent_dispatches"])
    updated = client.update_queue(queue=wanted, update_mask=mask)
    assert updated.rate_limits.max_concurrent_dispatches == 7
    assert updated.retry_config.max_attempts == 100


def test_queue_is_paused_resumed_and_purged(client, queue, target):
    assert client.pause_queue(name=queue.name).state == tasks_v2.Queue.State.PAUSED
    client.create_task(parent=queue.name, task={"http_request": {"url": f"{target.url}/paused"}})
    assert len(list(client.list_tasks(parent=queue.name))) == 1
    client.purge_queue(name=queue.name)
    assert list(client.list_tasks(parent=queue.name)) == []
    assert client.resume_queue(name=queue.name).state == tasks_v2.Queue.State.RUNNING
    assert target.received.empty()


def test_deleted_queue_is_gone(client, queue):
    client.delete_queue(name=queue.name)
    with pytest.raises(exceptions.NotFound):
        client.get_queue(name=queue.name)


def test_task_arrives_as_it_was_created(client, queue, target):
    request = {
        "url": f"{target.url}/work?a=1",
        "http_method": tasks_v2.HttpMethod.PUT,
        "headers": {"Content-Type": "text/plain", "X-Mine": "yes"},
        "body": "Zoë".encode(),
    }
    task = client.create_task(parent=queue.name, task={"http_request": request})
    method, path, headers, body = target.next()
    assert (method, path, body.decode()) == ("PUT", "/work?a=1", "Zoë")
    assert headers["X-Mine"] == "yes"
    assert headers["X-CloudTasks-TaskName"] == task.name.split("/")[-1]


def test_task_is_seen_whole_only_when_asked_for(client, queue, target):
    request = {"url": f"{target.url}/work", "http_method": "POST", "body": b"secret"}
    task = waiting(target, http_request=request, dispatch_deadline=datetime.timedelta(seconds=30))
    name = client.create_task(parent=queue.name, task=task).name
    assert client.get_task(name=name).http_request.body == b""
    whole = client.get_task(request={"name": name, "response_view": tasks_v2.Task.View.FULL})
    assert whole.http_request.body == b"secret"
    assert whole.dispatch_deadline == datetime.timedelta(seconds=30)
    assert abs(whole.schedule_time - task["schedule_time"]) < datetime.timedelta(milliseconds=1)


def test_task_name_is_used_once(client, queue, target):
    task = waiting(target, name=f"{queue.name}/tasks/once")
    client.create_task(parent=queue.name, task=task)
    client.delete_task(name=task["name"])
    with pytest.raises(exceptions.Conflict):
        client.create_task(parent=queue.name, task=task)
    with pytest.raises(exceptions.NotFound):
        client.get_task(name=task["name"])


def test_task_is_run_before_it_is_due(client, queue, target):
    task = client.create_task(parent=queue.name, task=waiting(target))
    client.run_task(name=task.name)
    assert target.next()[1] == "/work"


def test_tasks_are_created_and_deleted_in_batches(client, queue, target):
    requests = [{"parent": queue.name, "task": waiting(target)} for _ in range(3)]
    created = client.batch_create_tasks(request={"parent": queue.name, "requests": requests}).result(timeout=10)
    names = [task.name for task in created.tasks]
    assert len(names) == 3
    client.batch_delete_tasks(request={"parent": queue.name, "names": names}).result(timeout=10)
    assert list(client.list_tasks(parent=queue.name)) == []


def test_token_is_verified_by_its_own_library(client, queue, target, emulator_host):
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    oidc = {"service_account_email": "invoker@my-project.iam.gserviceaccount.com", "audience": "https://worker.example"}
    client.create_task(parent=queue.name, task={"http_request": {"url": target.url, "oidc_token": oidc}})
    scheme, token = target.next()[2]["Authorization"].split()
    certs = f"http://{emulator_host}/oauth2/v1/certs"
    claims = id_token.verify_token(token, Request(), audience="https://worker.example", certs_url=certs)
    assert scheme == "Bearer"
    assert claims["email"] == "invoker@my-project.iam.gserviceaccount.com"


def test_policy_is_stored(client, queue):
    binding = {"role": "roles/cloudtasks.enqueuer", "members": ["user:ann@example.com"]}
    client.set_iam_policy(request={"resource": queue.name, "policy": policy_pb2.Policy(bindings=[binding])})
    policy = client.get_iam_policy(request={"resource": queue.name})
    assert policy.bindings[0].members == ["user:ann@example.com"]
    permissions = ["cloudtasks.tasks.create"]
    allowed = client.test_iam_permissions(request={"resource": queue.name, "permissions": permissions})
    assert allowed.permissions == permissions


def test_key_is_stored(client):
    name = f"{LOCATION}/cmekConfig"
    key = "projects/my-project/locations/europe-west1/keyRings/r/cryptoKeys/k"
    client.update_cmek_config(cmek_config={"name": name, "kms_key": key})
    assert client.get_cmek_config(name=name).kms_key == key


def test_locations_are_known(client):
    assert client.get_location(request={"name": LOCATION}).location_id == "europe-west1"
    listed = client.list_locations(request={"name": "projects/my-project"})
    assert len(listed.locations) > 0


@pytest.mark.parametrize(
    "task",
    [
        {},
        {"http_request": {"url": "no URL"}},
        {"http_request": {"url": "https://example.com"}, "schedule_time": later(days=31)},
    ],
)
def test_wrong_task_is_refused(client, queue, task):
    with pytest.raises(exceptions.BadRequest):
        client.create_task(parent=queue.name, task=task)


def test_missing_queue_is_not_found(client):
    with pytest.raises(exceptions.NotFound):
        client.create_task(parent=f"{LOCATION}/queues/missing", task={"http_request": {"url": "https://example.com"}})
