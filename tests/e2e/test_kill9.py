"""kill -9 in the middle of load: what a client saw a REPLY for is there afterwards (architecture.md §4)."""

import random
import time
import unittest

import lab
from load import Load, broken_promises, released_but_there

ROUNDS = 50


class Kill9(lab.EndToEnd):
    def test_no_lease_that_a_reply_promised_is_lost_by_50_kills(self):
        self.serve()
        load = self.lab.keep(Load(self.client_host, "wan0", count=2500))
        pauses = random.Random(9)
        promised = answered = 0
        for number in range(ROUNDS):
            load.go()
            # Not before something was answered in this round, then at any moment.
            lab.wait_for("answers", lambda: load.answered() > answered + 100)
            time.sleep(pauses.uniform(0, 0.25))
            self.server.kill()
            load.pause()
            answered = load.answered()
            promised = max(promised, len(load.promised))
            self.server.start()
            database = lab.active(self.server.leases())
            self.assertEqual(broken_promises(load, database)[:5], [], f"after kill {number + 1}")
            self.assertEqual(released_but_there(load, database)[:5], [], f"after kill {number + 1}")
        load.go()
        renewed = load.replies.copy()
        lab.wait_for("everybody to be answered once more", lambda: (load.replies - renewed).total() > 3000)
        load.pause()
        self.assertEqual(load.wrong[:5], [])
        self.assertEqual(broken_promises(load, lab.active(self.server.leases()))[:5], [])
        print(f"[{ROUNDS} kills, {load.answered()} answers, {len(load.promised)} leases held at the end] ", end="", flush=True)
        self.assertGreater(promised, 1000, "too little load to prove anything")


if __name__ == "__main__":
    unittest.main()
