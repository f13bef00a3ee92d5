mod get_openapi;
mod run_due_work;
