//! `GET /metrics` on the port of JSON-RPC, for Prometheus.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use tower::{Layer, Service};

use crate::{
    chain::Chain,
    ledger::{
        LedgerService,
        metrics::{CONTENT_TYPE, Exposition},
    },
};

/// Where the figures are.
const PATH: &str = "/metrics";

/// Answers `GET /metrics`; everything else passes.
#[derive(Clone, Debug)]
pub(super) struct MetricsLayer {
    pub(super) chain: Arc<Chain>,
    pub(super) ledger: Arc<LedgerService>,
}

impl MetricsLayer {
    /// The figures of this moment.
    fn text(&self) -> String {
        let mut out = Exposition::default();
        out.gauge("pars_chain_height", "Height of the chain's head.", self.chain.height());
        out.gauge("pars_chain_finalized_height", "Height of the last final block.", self.chain.finalized());
        out.gauge(
            "pars_chain_persistent",
            "1 if the chain is kept in a data directory.",
            u8::from(self.chain.is_persistent()),
        );
        let waiting = self.chain.with_pool(|pool| pool.len());
        out.gauge("pars_pool_transactions", "Transactions in the pool.", waiting);
        self.ledger.expose(&mut out);
        out.finish()
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Metrics<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Metrics { inner, layer: self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Metrics<S> {
    inner: S,
    layer: MetricsLayer,
}

impl<S, B> Service<HttpRequest<B>> for Metrics<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse<HttpBody>>,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        if request.method().as_str() != "GET" || request.uri().path() != PATH {
            return Box::pin(self.inner.call(request));
        }
        let text = HttpBody::from(self.layer.text());
        let answer = HttpResponse::builder().header("content-type", CONTENT_TYPE).body(text);
        // A status and a constant header: cannot fail.
        Box::pin(std::future::ready(Ok(answer.unwrap_or_default())))
    }
}
