"""NAS-Bench-201 from its official ``.pth`` file, imported as the table ``nasbench201_official``."""

from __future__ import annotations

from nasbed.benchmarks.nats_topology import NATSTopology


class NASBench201Official(NATSTopology):
    """15,625 cells as in the official file of NAS-Bench-201, with its losses and epochs (Dong and Yang, ICLR 2020).

    Options and costs are as in ``nats_topology``. The trainings are not those of NATS-Bench, which has more seeds: about 2,400
    cells differ, so never mix the two. In the file v1_0 the data sets other than CIFAR-10 have no trainings of 12 epochs, and these
    are refused.
    """

    table = "nasbench201_official"
