import ArgumentParser
import Glibc
import Logging
import UpconvAccess
import UpconvConvolution
import UpconvHTTP
import UpconvLogging
import UpconvMetrics
import UpconvRepository
import UpconvScheduling
import UpconvService
import UpconvSystem
import UpconvTensor
import UpconvTensorBoard
import UpconvTracing
import UpconvTransport

/// `upconv serve`: the server, until it is told to stop.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve transposed convolutions and models over HTTP/1.1 and HTTP/2.",
    discussion: """
      upconv serve
        The bare operation, for this machine alone: http://127.0.0.1:8080/
      upconv serve --models DIR
        The models of a folder as well; upconv init makes one to try.
      upconv serve --address 0.0.0.0 --port 9000 --models DIR --log-format json
        For a network, as in a container.

      Each option is a variable, too (--stop-grace is UPCONV_STOP_GRACE), and an entry of the JSON file that --config \
      names: {"stop-grace": 25, "load-model": ["a", "b"], "strict-readiness": true}. A flag outranks a variable, a \
      variable the file, the file the default; --print-config shows what holds and where it came from. \
      SIGTERM or SIGINT stops it when the requests under way are answered.
      """)

  @Option(help: "File with settings, one JSON object: {\"port\": 9000}.", completion: .file(extensions: ["json"]))
  var config: String?

  @Flag(help: "Print each setting, its value and where it came from, and end.")
  var printConfig = false

  @Flag(help: .private)
  var printReference = false

  @Option(help: "Numeric address to listen on. Anything but loopback opens the service to the network.")
  var address = "127.0.0.1"

  @Option(help: "Port to listen on; 0 lets the system choose.")
  var port = 8080

  @Option(help: "Threads that compute. By default what the container allows, else all processors.")
  var threads: Int?

  @Option(help: "Event loops. By default as many as threads.")
  var eventLoops: Int?

  @Option(help: "Seconds that requests under way get after SIGTERM or SIGINT.")
  var stopGrace = 20

  @Option(help: "Seconds after SIGTERM or SIGINT in which it is not ready any more, but still serves whoever comes.")
  var shutdownDelay = 0

  @Flag(
    help: """
      Let other processes of the same user listen on the same port: a new one takes over from an old one. It listens once \
      its models are loaded.
      """)
  var reusePort = false

  @OptionGroup(title: "Logs, metrics and traces")
  var observation: ObservationOptions

  @OptionGroup(title: "Access")
  var access: AccessOptions

  @OptionGroup(title: "TensorBoard")
  var tensorBoard: TensorBoardOptions

  @OptionGroup(title: "Models")
  var models: ModelOptions

  @OptionGroup(title: "Limits")
  var limits: LimitOptions

  /// What settings without a default come to on this machine, by name; for `--print-config`.
  var derivedDefaults: [String: String] {
    let threads = threads ?? ProcessorAllowance.current()
    return ["threads": "\(threads)", "event-loops": "\(eventLoops ?? threads)"]
  }

  func validate() throws {
    try LimitOptions.check("--port", port, 0...65_535)
    try LimitOptions.check("--threads", threads ?? 1, 1...1024)
    try LimitOptions.check("--event-loops", eventLoops ?? 1, 1...1024)
    try LimitOptions.check("--stop-grace", stopGrace, 0...86_400)
    try LimitOptions.check("--shutdown-delay", shutdownDelay, 0...86_400)
  }

  func run() throws {
    // With it set, hashes have no seed of their own: names could be chosen that all collide.
    guard getenv("SWIFT_DETERMINISTIC_HASHING") == nil else {
      throw StartError(sentence: "SWIFT_DETERMINISTIC_HASHING is set: unset it, it makes hashes predictable")
    }
    try models.checkFolder()
    let tokens = try access.tokenFile()
    // The reader of the log may go away; what is written to it then is lost, and counted.
    signal(SIGPIPE, SIG_IGN)
    let logOutput = LogOutput(descriptor: STDERR_FILENO)
    defer { logOutput.flush(within: .seconds(1)) }
    let logger = observation.logger(logOutput)
    let threads = threads ?? ProcessorAllowance.current()
    let loops = eventLoops ?? threads
    let memory = limits.memory()
    let compute = ComputeQueue(
      width: threads, maxWaiting: limits.maxWaitingRequests, maxWait: .milliseconds(limits.maxQueueWaitMilliseconds))
    let repository = ModelRepository(models.repository(limits, threads: threads), compute: compute, logger: logger)
    let observed = observation.observation(eventLoops: loops, compute: compute, logger: logger, logOutput)
    var serviceConfiguration = limits.service(threads: threads, memory)
    serviceConfiguration.version = ProgramVersion.text
    serviceConfiguration.isReadinessStrict = models.strictReadiness
    let recorder: TensorBoardRecorder?
    do {
      recorder = try tensorBoard.recorder(observed, repository, logger: logger)
    } catch {
      throw StartError(sentence: "\(error)", settings: ["tensorboard"])
    }
    serviceConfiguration.tensorBoard = recorder
    let service = Service(
      serviceConfiguration, repository: repository, observation: observed,
      access: AccessControl(access.configuration(), tokens: tokens))
    var configuration = limits.server(memory)
    configuration.address = address
    configuration.port = UInt16(clamping: port)
    configuration.sharesPort = reusePort
    configuration.eventLoops = loops

    let signals = StopSignals(takesHangup: tokens != nil)
    let server: Server
    do throws(ListenError) {
      // Beside an older process nothing is listened for until the models are there: it serves meanwhile.
      server = try Server(
        configuration: configuration, handler: service, compute: compute, logger: logger, listens: !reusePort)
    } catch {
      throw StartError(sentence: "\(error)", settings: ServeCommand.settings(of: error))
    }
    observed.requests.addRejections("connections") { server.refusedConnectionCount }
    observed.registry.add { text in
      text.family(
        "upconv_connections_made_room_total", .counter, "Idle connections that were closed in favour of new ones.")
      text.sample("upconv_connections_made_room_total", server.madeRoomCount)
      text.family("upconv_connections", .gauge, "Connections that are open.")
      text.sample("upconv_connections", server.connectionCount)
      text.family(
        "upconv_connection_handovers_total", .counter, "How often a connection went from one event loop to another.")
      text.sample("upconv_connection_handovers_total", server.handoverCount)
    }
    repository.start()
    if reusePort {
      guard try listenWhenLoaded(server, repository, signals, hangup: { AccessOptions.reload(tokens, logger) }) else {
        return logger.info("stopped before the models were loaded")
      }
    }
    let url = "http://\(address.contains(":") ? "[\(address)]" : address):\(server.port)"
    let reach =
      server.isLoopback ? "loopback only" : "open to the network" + (tokens == nil ? ", without tokens" : "")
    if !server.isLoopback, tokens == nil {
      logger.warning(
        "whoever reaches this address may use the service: give it --tokens, or a proxy or a network that keeps others out",
        metadata: ["address": "\(address)"])
    }
    // Not print: the line is awaited by scripts, and must not wait in a buffer itself.
    let greeting = """
      upconv \(ProgramVersion.text) serves \(url) (\(reach)), threads: \(threads), event loops: \(loops)
      The page for trying it: \(url)/
      Try:
      \(SeedExample.curl(url: url))

      """
    // Written as log lines are: a full pipe that nobody reads keeps no signal from being taken.
    let greetingOutput = LogOutput(descriptor: STDOUT_FILENO)
    greetingOutput.write(line: Array(greeting.utf8))
    defer { greetingOutput.flush(within: .seconds(1)) }

    let signal = signals.wait(hangup: { AccessOptions.reload(tokens, logger) })
    logger.info(
      "stopping", metadata: ["signal": "\(signal)", "delay": "\(shutdownDelay) s", "grace": "\(stopGrace) s"])
    signals.exitAtNext()
    service.stopBeingReady()
    sleep(UInt32(shutdownDelay))
    server.stop(grace: .seconds(stopGrace))
    server.waitUntilStopped()
    observed.spans?.flush()
    recorder?.stop()
    logger.info("stopped")
  }

  /// Waits until the models are loaded, and listens then. Returns false if a signal came first.
  private func listenWhenLoaded(
    _ server: Server, _ repository: ModelRepository, _ signals: StopSignals, hangup: () -> Void
  ) throws(StartError) -> Bool {
    guard signals.wait(until: { repository.health.isComplete }, hangup: hangup) == nil else { return false }
    let failed = repository.health.failed
    guard !models.strictReadiness || failed.isEmpty else {
      throw StartError(
        sentence: "\(failed.joined(separator: ", ")) could not be loaded: with --strict-readiness and --reuse-port "
          + "nothing is listened for then")
    }
    do throws(ListenError) { try server.listen() } catch {
      throw StartError(sentence: "\(error)", settings: ServeCommand.settings(of: error))
    }
    return true
  }

  /// The names of those that a server could not be opened with.
  private static func settings(of error: ListenError) -> [String] {
    switch error {
    case .invalidAddress: ["address"]
    case .unavailable: ["address", "port"]
    case .noEventLoop: ["event-loops"]
    }
  }
}
