"""Network namespaces with a tandem6d and real DHCPv6 clients in them, for tools/quickstart and tests/e2e."""
