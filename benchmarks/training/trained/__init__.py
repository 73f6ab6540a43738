"""What becomes of trained networks: files that others read, teachers of other networks, and scores of incumbents trained anew."""
