"""Made-up exports of 1C and the measurements that use them."""
