//! Peers in async runtimes, with one task per client, as in the README or the example of each runtime.

use std::io;

use compio::BufResult;
use compio::io::{AsyncRead as _, AsyncWriteExt as _};
use smol::LocalExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Builder;

use super::Address;

pub fn tokio_current(at: Address) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(tokio_accept(at))
}

pub fn tokio_multi(at: Address) -> io::Result<()> {
    let runtime = Builder::new_multi_thread().enable_io().build()?;
    runtime.block_on(tokio_accept(at))
}

async fn tokio_accept(at: Address) -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind(at).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
        });
    }
}

pub fn smol_global(at: Address) -> io::Result<()> {
    smol::block_on(async {
        let listener = smol::net::TcpListener::bind(at).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            smol::spawn(smol_echo(stream)).detach();
        }
    })
}

pub fn smol_local(at: Address) -> io::Result<()> {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let listener = smol::net::TcpListener::bind(at).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            executor.spawn(smol_echo(stream)).detach();
        }
    }))
}

async fn smol_echo(stream: smol::net::TcpStream) -> io::Result<u64> {
    smol::io::copy(stream.clone(), stream).await
}

pub fn compio(at: Address) -> io::Result<()> {
    compio::runtime::Runtime::new()?.block_on(async {
        let listener = compio::net::TcpListener::bind(at).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            compio::runtime::spawn(compio_echo(stream)).detach();
        }
    })
}

async fn compio_echo(mut stream: compio::net::TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let BufResult(read, filled) = stream.read(buffer).await;
        if read? == 0 {
            return Ok(());
        }
        let BufResult(written, emptied) = stream.write_all(filled).await;
        written?;
        buffer = emptied;
        buffer.clear();
    }
}
