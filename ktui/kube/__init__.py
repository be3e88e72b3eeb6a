"""The only package that talks to an API server.

From the bottom up: `kubeconfig`, `exec_plugin` and `oidc` say where to and as whom; `credentials` keeps that fresh;
`connection` exchanges bytes, and `errors` says what went wrong. `watch` knows what the bytes mean, without I/O;
`reflector` keeps up with one resource, `streams` with a whole scope; `api` makes single calls.
"""
