/// Every kind there is. A new kind is its file in `Kinds/` and a line here.
package let allJobs: [any Job.Type] = [
    NoopJob.self,
    WebhookDeliverJob.self,
    WebhookVerifyJob.self,
]
