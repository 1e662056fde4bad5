"""What a line does to a customer's voice, each part held against what it must do."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from telephony.leg import MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE
from telephony.line import Channel, Codec, Echo, Line, Noise, NoiseKind
from telephony.line.codecs import FRAME, codec_for, from_mu_law, to_mu_law
from telephony.line.filters import Samples
from telephony.line.level import MARGIN_DB, active_level
from telephony.line.noise import NoiseSource
from telephony.line.packets import Concealer, Network
from telephony.pcm import resample


def tone(hertz: float, seconds: float, level: float = 4_000.0) -> Samples:
    at = np.arange(int(seconds * MIC_RATE)) / MIC_RATE
    return (np.sqrt(2) * level * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def hum(seconds: float) -> Samples:
    """Harmonics of 120 Hz that grow and fade like syllables, so that only one shift matches."""
    at = np.arange(int(seconds * MIC_RATE)) / MIC_RATE
    voice = sum(np.sin(2 * np.pi * 120 * n * at) / n for n in range(1, 25))
    return (3_000 * voice * (1.2 + np.sin(2 * np.pi * 1.7 * at + at**2))).astype(np.float32)


def rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples * samples)))


def carried(line: Line, samples: Samples) -> Samples:
    whole = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    return np.concatenate([line.carry(frame) for frame in whole])


def open_line(channel: Channel, seed: int = 1, level: float = 4_000.0) -> Line:
    return Line(channel, speech_level=level, seed=seed)


def test_a_clean_line_changes_nothing() -> None:
    spoken = np.rint(hum(0.5))
    assert np.array_equal(carried(open_line(Channel()), spoken), spoken)


@pytest.mark.parametrize(
    "channel", [Channel(Codec.PCMU), Channel(Codec.OPUS), Channel(Codec.PCMU, jitter_ms=50)], ids=str
)
def test_sound_arrives_as_much_later_as_the_line_says(channel: Channel) -> None:
    line = open_line(channel)
    spoken = hum(2.0)
    arrived = carried(line, spoken)
    assert arrived.size == spoken.size
    size = 1 << 16
    match = np.fft.irfft(np.fft.rfft(arrived, size) * np.conj(np.fft.rfft(spoken, size)), size)
    assert abs(int(np.argmax(match[:4_000])) / MIC_RATE * 1000 - line.delay_ms) < 1


def test_mu_law_is_that_of_the_standard() -> None:
    samples = np.arange(-32_768, 32_768, 7).astype(np.int16)
    decoder = av.AudioCodecContext.create("pcm_mulaw", "r")
    decoder.sample_rate, decoder.layout = 8_000, "mono"
    codes = to_mu_law(samples)
    theirs = np.concatenate([frame.to_ndarray().reshape(-1) for frame in decoder.decode(av.Packet(codes.tobytes()))])
    assert np.array_equal(theirs, from_mu_law(codes).astype(np.int16))
    error = np.abs(from_mu_law(codes) - samples)
    assert (error <= np.maximum(np.abs(samples.astype(np.float32)) / 16, 8)).all()
    assert from_mu_law(np.array([0xFF, 0x00, 0x80], np.uint8)).tolist() == [0, -32_124, 32_124]


def test_a_telephone_lets_its_band_through_and_nothing_above_or_below() -> None:
    def gain_db(hertz: float) -> float:
        arrived = carried(open_line(Channel(Codec.PCMU)), tone(hertz, 1.0))
        return 20 * np.log10(rms(arrived[MIC_RATE // 4 :]) / 4_000 + 1e-9)

    assert abs(gain_db(1_000)) < 0.3
    assert gain_db(500) > -1 and gain_db(3_000) > -1
    assert gain_db(100) < -15 and gain_db(5_000) < -30


def test_opus_keeps_the_level_of_speech() -> None:
    spoken = hum(2.0)
    codec = codec_for(Codec.OPUS)
    frames = spoken[: spoken.size // FRAME * FRAME].reshape(-1, FRAME)
    packets = [codec.encode(frame) for frame in frames]
    assert 8_000 < sum(map(len, packets)) * 8 / 2.0 < 24_000, "bits a second"
    arrived = np.concatenate([codec.decode(packet) for packet in packets])
    assert abs(20 * np.log10(rms(arrived[4_000:]) / rms(spoken[4_000:]))) < 1.5


@pytest.mark.parametrize("loss", [0.02, 0.2, 1.0])
def test_as_many_packets_are_lost_as_were_to_be_and_in_bursts(loss: float) -> None:
    network = Network(Channel(loss=loss), np.random.default_rng(5))
    lost = np.array([network.carry(b"x") is None for _ in range(40_000)])
    assert abs(lost.mean() - loss) < 0.1 * loss
    if loss < 1:
        bursts = np.count_nonzero(lost[1:] & ~lost[:-1])
        assert 1.7 < lost.sum() / bursts < 2.7


def test_packets_come_in_order_behind_the_jitter_buffer_and_few_too_late() -> None:
    network = Network(Channel(jitter_ms=50), np.random.default_rng(5))
    came = [network.carry(bytes([n % 251])) for n in range(5_000)]
    assert came[: network.depth] == [None] * network.depth == [None, None, None]
    late = came[network.depth :].count(None)
    assert 0 < late < 0.05 * len(came)
    assert all(packet in (None, bytes([n % 251])) for n, packet in enumerate(came[network.depth :]))


def test_a_gap_is_filled_with_the_last_pitch_and_fades_out() -> None:
    concealer = Concealer()
    spoken = tone(125, 0.2).reshape(-1, FRAME)
    for frame in spoken[:5]:
        concealer.good(frame)
    filled = concealer.gap(FRAME)
    assert np.corrcoef(filled[:160], spoken[5][:160])[0, 1] > 0.99, "goes on in phase"
    assert rms(concealer.gap(FRAME)) < rms(filled)
    concealer.gap(FRAME)
    assert not concealer.gap(FRAME).any()


def test_speech_goes_on_after_a_gap_without_a_click() -> None:
    concealer = Concealer()
    spoken = tone(125, 0.2).reshape(-1, FRAME)
    for frame in spoken[:5]:
        concealer.good(frame)
    joined = np.concatenate((concealer.gap(FRAME), concealer.good(spoken[6]), concealer.good(spoken[7])))
    assert np.abs(np.diff(joined)).max() < 2 * np.abs(np.diff(spoken)).max()
    assert np.array_equal(joined[-FRAME:], spoken[7])


@pytest.mark.parametrize("kind", list(NoiseKind))
@pytest.mark.parametrize("snr_db", [0.0, 15.0])
def test_noise_stands_where_it_was_told_to_under_the_speech(kind: NoiseKind, snr_db: float) -> None:
    line = open_line(Channel(noise=Noise(kind, snr_db)), level=5_000.0)
    arrived = carried(line, np.zeros(MIC_RATE * 20, np.float32))
    assert abs(20 * np.log10(5_000.0 / rms(arrived)) - snr_db) < 0.8


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    noise = NoiseSource(NoiseKind.PINK, 1_000.0, np.random.default_rng(0)).take(MIC_RATE * 30)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hertz = np.fft.rfftfreq(noise.size, 1 / MIC_RATE)

    def density_db(low: float, high: float) -> float:
        return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].mean()))

    octave = density_db(1_000, 1_100) - density_db(2_000, 2_200)
    assert abs(octave - 3.0) < 0.5


def test_the_same_seed_is_the_same_line_and_another_is_another() -> None:
    channel = Channel(Codec.PCMU, Noise(NoiseKind.BABBLE, 10), loss=0.1, jitter_ms=30)
    spoken = hum(1.0)
    once, again, other = (carried(open_line(channel, seed), spoken) for seed in (7, 7, 8))
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_the_active_level_takes_no_notice_of_silence() -> None:
    spoken = tone(300, 1.0)
    silence = np.zeros(MIC_RATE * 9, np.float32)
    assert abs(20 * np.log10(active_level(np.concatenate((silence, spoken, silence))) / 4_000)) < 1.5
    assert active_level(silence) == 0
    assert MARGIN_DB == 15.9


def test_a_line_names_itself() -> None:
    channel = Channel(Codec.PCMU, Noise(NoiseKind.BABBLE, 15), loss=0.02, jitter_ms=40)
    assert str(channel) == "pcmu, babble 15 dB, loss 2 %, jitter 40 ms"
    assert str(Channel()) == "clean"


def _echoed(echo: Echo, seconds: float = 0.5) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Noise that the agent sent, at MIC_RATE, and what came back of it; the customer is silent."""
    sent = np.random.default_rng(2).normal(0, 3_000, int(seconds * SPEAKER_RATE)).astype(np.int16)
    line = open_line(Channel(echo=echo))
    came = []
    for at in range(0, int(1.5 * SPEAKER_RATE), SPEAKER_FRAME_BYTES // 2):
        frame = sent[at : at + SPEAKER_FRAME_BYTES // 2]
        if frame.size:
            line.hear(frame.tobytes())
        came.append(line.carry(np.zeros(FRAME, np.float32)))
    heard = np.frombuffer(resample(sent.tobytes(), SPEAKER_RATE, MIC_RATE), np.int16).astype(np.float32)
    return heard, np.concatenate(came)


@pytest.mark.parametrize(("level_db", "delay_ms"), [(-10.0, 40), (-30.0, 350)])
def test_an_echo_comes_back_as_late_and_as_loud_as_it_is_told(level_db: float, delay_ms: int) -> None:
    sent, came = _echoed(Echo(level_db, delay_ms))
    first = int(np.flatnonzero(np.abs(came) > 20)[0])
    assert abs(first / MIC_RATE * 1000 - delay_ms) < 2, "the filter between the rates holds a millisecond back"
    got = came[first : first + sent.size // 2]
    assert abs(20 * np.log10(rms(got) / rms(sent)) - level_db) < 0.5


def test_a_room_goes_on_after_the_voice() -> None:
    sent, came = _echoed(Echo(-10.0, 60, room_ms=300))
    after = came[sent.size + 60 * MIC_RATE // 1000 + 160 :]
    fading = [rms(after[at : at + MIC_RATE // 20]) for at in range(0, MIC_RATE // 4, MIC_RATE // 20)]
    assert fading[0] > 50 and fading == sorted(fading, reverse=True) and fading[-1] < fading[0] / 10


def test_an_echo_is_named_with_its_line() -> None:
    assert str(Channel(Codec.PCMU, echo=Echo(-20.0, 150))) == "pcmu, echo -20 dB after 150 ms"
