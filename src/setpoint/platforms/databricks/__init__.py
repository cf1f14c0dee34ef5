"""Jobs of Databricks on AWS, Azure and Google Cloud: what their runs had, and another cluster for the next one."""
