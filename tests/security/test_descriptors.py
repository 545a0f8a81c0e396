"""What a security resource is stands in one descriptor; the database must be as it says."""

import msgspec
import pytest

from onboardee.device.access.target import Kind
from onboardee.device.machine.requests import Dispatcher
from onboardee.device.resources.secure import secure_resources
from onboardee.device.resources.secure.stored import StoredResource
from onboardee.device.security.asserted_roles import AssertedRoles
from onboardee.device.security.audit_log import AuditLog
from onboardee.svrdb.model import KEPT, SECURITY_RESOURCES, Database, SecurityResource
from onboardee.wire.entropy import SeededEntropy


def named(resource: SecurityResource) -> str:
    """Name a case after its resource."""
    return resource.name


@pytest.mark.parametrize("resource", KEPT, ids=named)
def test_what_is_kept_is_the_field_of_its_name(resource: SecurityResource) -> None:
    """A resource's values are found in the database by its name."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(Database)}
    assert kinds[resource.name] is resource.model


@pytest.mark.parametrize("resource", KEPT, ids=named)
def test_a_descriptor_speaks_of_properties_that_there_are(resource: SecurityResource) -> None:
    """No right, list of entries or foreign form names a property that the structure lacks."""
    spoken_of = {*resource.rights, *resource.lite.properties}
    if resource.entries is not None:
        spoken_of.add(resource.entries)
    assert spoken_of <= {*resource.properties}


def test_a_device_serves_what_is_described_in_its_order() -> None:
    """The registry of a device follows from the descriptors."""
    audit = AuditLog(lambda: pytest.fail("nothing happens"), lambda: None)
    served = secure_resources(SeededEntropy(1), lambda: None, AssertedRoles(), audit)
    everywhere = [each.href for each in SECURITY_RESOURCES if not each.is_optional]
    assert [each.target.href for each in served] == everywhere
    assert all(each.target.kind is Kind.SECURITY for each in served)
    assert all(href.startswith("/oic/sec/") for href in Dispatcher(served).resources)


def test_a_resource_without_operations_of_its_own_needs_no_more_than_its_descriptor() -> None:
    """What it may be asked for is made of the descriptor alone."""
    resource = StoredResource(SECURITY_RESOURCES[1])
    assert resource.target.href == "/oic/sec/pstat"
    assert resource.target.types == ("oic.r.pstat",)
    assert resource.observable
