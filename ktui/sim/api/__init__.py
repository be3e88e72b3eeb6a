"""What a Kubernetes API server knows about its objects: pure functions on plain dicts.

Nothing here stores, serves, waits or reads a clock. The simulator's server and controllers stand on these modules;
the recordings of a real control plane (v1.36) are the judge of each.

What a real server does and this one does not:

====================================== ============================ ==========================================
what                                   answer                       why
====================================== ============================ ==========================================
exec, attach, port-forward             501                          no container runs
ephemeral containers, resizing a pod   501                          a pod does what its image's tag says
tokens of service accounts             501                          the users are few and known
watching one object by its path        501                          clients use a field selector
proxies, custom resources, webhooks    404                          nothing that ktui needs
Roles and their bindings               stored, not enforced         each user's rights are fixed (``rbac``)
protobuf and CBOR answers              JSON                         every client accepts it
descriptions of fields and columns     left out                     kubectl works without
====================================== ============================ ==========================================
"""
