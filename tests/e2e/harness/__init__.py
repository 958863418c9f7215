# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end cases stand on: clients, scripted applications, a
gateway and web servers of their own, the invariants and the runner."""
