"""How a connection is chosen and authenticated: the kubeconfig, credentials, TLS, proxies."""
