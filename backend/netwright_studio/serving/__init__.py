"""How the studio meets the network: connections, requests and their ids, logs, metrics, several processes."""
