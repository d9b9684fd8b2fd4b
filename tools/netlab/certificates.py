"""Certificates of a failover pair, made with openssl as docs/failover.md says."""

import os

from netlab.namespaces import run

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """A CA of its own: `directory`/NAME.pem."""

    def __init__(self, directory, name="ca"):
        self.directory, self.key = directory, os.path.join(directory, f"{name}.key")
        self.certificate = os.path.join(directory, f"{name}.pem")
        os.makedirs(directory, exist_ok=True)
        run("openssl", "req", "-x509", *KEY, "-days", "30", "-keyout", self.key, "-out", self.certificate,
            "-subj", f"/CN=failover {name}")

    def issue(self, host, file=None):
        """Writes `directory`/FILE.pem and .key (FILE: the host's first label): (certificate, key)."""
        stem = os.path.join(self.directory, file or host.partition(".")[0])
        request, extensions = stem + ".csr", stem + ".ext"
        run("openssl", "req", "-new", *KEY, "-keyout", stem + ".key", "-out", request, "-subj", f"/CN={host}")
        with open(extensions, "w", encoding="utf-8") as out:
            out.write(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            "-days", "90", "-extfile", extensions, "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"

    def tls(self, host, partner):
        """The "tls" of the relationship at `host`, whose certificate is issued now."""
        certificate, key = self.issue(host)
        return {"ca": self.certificate, "cert": certificate, "key": key, "partner-name": partner}
