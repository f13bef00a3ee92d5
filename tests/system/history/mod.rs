mod query_history;
