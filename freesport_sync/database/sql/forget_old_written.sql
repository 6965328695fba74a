DELETE FROM freesport_sync.written_values AS w USING freesport_sync.runs AS r
WHERE r.id = w.run_id AND r.started_at < now() - make_interval(days => :days)
  AND r.id < (SELECT max(run_id) FROM freesport_sync.written_values)
