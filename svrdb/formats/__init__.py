"""Databases of other OCF stacks, read and written: IoTivity, IoTivity-Lite, and dumps for people.

    from uuid import uuid4
    from onboardee.svrdb.formats import Form, read, write

    found = read("oic_svr_db_server.dat", new_uuid=uuid4)
    print(found.database.doxm.device_uuid, *found.warnings)
    write("kitchen_creds", found.database, form=Form.LITE)

What a form cannot hold is told by the warnings that `write` returns, and by docs/guide.md.

The stacks differ in three ways, and each has its layer. How a map of resources gets into octets
is a module for each form: `iotivity`, `source`, `lite`, `neutral`. What a resource is called and
how its values are written is the same for all of them, and stands in `credentials`, `version1`,
`pairing`, `owners`, `access_managers` and `normal`. Between the two is `stored_resources`, which
makes a `Database` of named resources, and back.

Nothing that a file says is thrown away without a word. What the model has no place for is found
by comparison (`foreign`), kept in `Database.foreign`, and written again at its place.

`files` has the only functions that touch a disk. All else takes and returns octets.
"""

from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.files import Form, Options, decode, detect, encode, read, write
from onboardee.svrdb.formats.stored_resources import Imported

__all__ = [
    "Form",
    "FormatError",
    "Imported",
    "Options",
    "decode",
    "detect",
    "encode",
    "read",
    "write",
]
